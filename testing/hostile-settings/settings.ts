/** Settings of programs with the tracer, with the expected results. docs/where-it-runs.md has the same table. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Setting {
  readonly name: string;
  /** Arguments of Node.js. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of `bundle.mjs`, which first makes `command[0]` from the program. */
  readonly bundler?: string;
  /** Settings in its events, if there are several programs or other names. */
  readonly parts?: readonly string[];
  /** Reason in the output of `RINGTAIL_DEBUG=1` if nothing is recorded; absent if everything is. */
  readonly unrecorded?: RegExp;
}

const TOOLS = fileURLToPath(new URL('../../package.json', import.meta.url));
const { resolve } = createRequire(TOOLS);
const isOption = (option: string) => process.allowedNodeEnvironmentFlags.has(option);
const permission = isOption('--permission') ? '--permission' : '--experimental-permission';
const allowed = ['--allow-fs-read=*', '--allow-addons', ...['--allow-net'].filter(isOption)];
/** The default of older versions. */
const withoutRequireOfModules = ['--no-experimental-require-module'].filter(isOption);

const options = (name: string, ...command: string[]): Setting => ({ name, command });
const NO_ADDONS = /koffi cannot be loaded: .*addons/;

export const NODE_SETTINGS: readonly Setting[] = [
  options('import', 'app.mjs'),
  options('require', 'app.cjs'),
  options('--import @ringtail/tracer/register', '--import', '@ringtail/tracer/register', 'app.mjs'),
  options('--require @ringtail/tracer/register', '--require', '@ringtail/tracer/register', 'app.cjs'),
  options('--eval', '--eval', "require('./app.cjs')"),
  options('--no-experimental-require-module', ...withoutRequireOfModules, 'app.cjs'),
  { ...options('--permission', permission, '--allow-fs-read=*', 'app.mjs'), unrecorded: NO_ADDONS },
  options('--permission --allow-addons --allow-net', permission, ...allowed, 'app.mjs'),
  { ...options('--no-addons', '--no-addons', 'app.mjs'), unrecorded: NO_ADDONS },
  options('--frozen-intrinsics', '--frozen-intrinsics', 'app.mjs'),
  options('--jitless', '--jitless', 'app.mjs'),
  options('--disable-proto=throw', '--disable-proto=throw', 'app.mjs'),
  options('--disable-proto=delete', '--disable-proto=delete', 'app.mjs'),
  options('--disallow-code-generation-from-strings', '--disallow-code-generation-from-strings', 'app.mjs'),
  options('--throw-deprecation --pending-deprecation', '--throw-deprecation', '--pending-deprecation', 'app.mjs'),
  options('frozen global object', 'frozen.mjs'),
  options('exhausted stack', 'deep.mjs'),
  options('realm of node:vm with process and Buffer', 'in-context.cjs', 'process', 'Buffer'),
  // Without `process` the reason cannot be reported.
  { ...options('realm of node:vm without globals of Node.js', 'in-context.cjs'), unrecorded: /^/ },
  options('worker without environment', 'worker-without-environment.mjs'),
];

const bundled = (name: string, bundler: string, extension: 'cjs' | 'mjs'): Setting => ({
  name,
  bundler,
  command: [`bundled/${bundler}.${extension}`],
});

export const BUNDLED_SETTINGS: readonly Setting[] = [
  bundled('esbuild, CommonJS', 'esbuild-cjs', 'cjs'),
  bundled('esbuild, ES module', 'esbuild-esm', 'mjs'),
  bundled('esbuild, minified', 'esbuild-minified', 'cjs'),
  bundled('webpack, development', 'webpack-development', 'cjs'),
  bundled('webpack, production', 'webpack-production', 'cjs'),
  bundled('rollup, CommonJS', 'rollup-cjs', 'cjs'),
  bundled('rollup, ES module', 'rollup-esm', 'mjs'),
  bundled('@vercel/ncc', 'ncc', 'mjs'),
];

const jest = (name: string, modules: 'cjs' | 'mjs', env: Readonly<Record<string, string>>): Setting => ({
  name,
  command: [resolve('jest/bin/jest'), '--config=jest.config.cjs', '--ci', '--runInBand', '--no-cache', '--no-watchman'],
  env: { JEST_MODULES: modules, JEST_JSDOM: resolve('jest-environment-jsdom'), ...env },
  parts: [`${name}, node`, `${name}, jsdom`],
});
const VITEST = ['forks', 'threads', 'vmThreads', 'vmForks', 'jsdom'].map((pool) => `vitest, ${pool}`);

export const RUNNER_SETTINGS: readonly Setting[] = [
  jest('jest', 'cjs', {}),
  jest('jest with ES modules', 'mjs', { NODE_OPTIONS: '--experimental-vm-modules' }),
  {
    name: 'vitest',
    command: [join(dirname(resolve('vitest/package.json')), 'vitest.mjs'), 'run', '--config=vitest.config.mjs'],
    parts: VITEST,
  },
];

/** Alterations of the global object, by their names for `altered.mjs`. */
export const ALTERED_SETTINGS: readonly Setting[] = [
  ['each global deleted before the tracer is loaded', 'deleted before'],
  ['each global deleted afterwards', 'deleted after'],
  ['methods of a built-in object replaced by ones that throw, before', 'broken before'],
  ['methods of a built-in object replaced by ones that throw, afterwards', 'broken after'],
  ['properties added to Object.prototype before', 'inherited before'],
  ['properties added to Object.prototype afterwards', 'inherited after'],
].map(([name, alteration]) => ({ name: name as string, command: ['altered.mjs', alteration as string] }));

/** Arguments of `bundle.mjs`, from the directory of the program. */
export function bundling({ bundler, command: [output] }: Setting, place: string): string[] {
  return ['bundle.mjs', bundler as string, `${place}/${output}`, TOOLS];
}
