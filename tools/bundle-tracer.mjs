// Makes the published files of @ringtail/tracer: node tools/bundle-tracer.mjs
//
// dist/index.js is for `import`, dist/index.cjs for `require`, dist/types has the types of both. Each holds the whole
// tracer but its native code. The part that a program imports does nothing while it is loaded; the rest is a function
// of the same file that runs, guarded, when the tracer starts (packages/tracer/src/api/registry.ts). Bundlers can
// therefore include it. dist/register.js and dist/register.cjs, the preload, import the former.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { copyDeclarations } from './copy-declarations.mjs';
import { replaceFile } from './replace-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'packages', 'tracer');
const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  write: false,
  metafile: true,
  logLevel: 'warning',
};
const START = 'packages/tracer/src/agent/start-thread.ts';
/** Modules of both parts. The files hold them twice, so they must have no state. */
const IN_BOTH_PARTS = [
  'packages/protocol/dist/model/log-level.js',
  'packages/tracer/src/agent/inert-span.ts',
  'packages/tracer/src/agent/inert-tracepoint.ts',
  'packages/tracer/src/host/debug.ts',
];

/** esbuild's way to define exports would throw in a program that adds a property like `value` to Object.prototype. */
const DEFINE = 'var __defProp = Object.defineProperty;';
const DEFINE_OWN =
  'var __defProp = (to, name, property) => Object.defineProperty(to, name, { __proto__: null, ...property });';

const startThread = await bundled({ entryPoints: [START], format: 'esm' });
await bundle({ format: 'esm' }, 'index.js');
await bundle({ format: 'cjs', define: { 'import.meta.url': 'undefined' } }, 'index.cjs');
await bundleRegister({ format: 'esm' }, 'js');
await bundleRegister({ format: 'cjs', define: { 'import.meta.url': 'undefined' } }, 'cjs');
const types = join(folder, 'dist', 'types');
copyDeclarations(['packages/tracer/dist/index.d.ts', 'packages/tracer/dist/register.d.ts'], types);
replaceFile(join(types, 'tracer', 'index.d.cts'), typesOfRequire());
replaceFile(join(types, 'tracer', 'register.d.cts'), "export * from './index.cjs';\n");

async function bundle(options, name) {
  const { text, modules } = await bundled({
    entryPoints: ['packages/tracer/src/index.ts'],
    // For esbuild's own first lines, which no guard covers: a program may have deleted the global object.
    banner: { js: 'const Object = {}.constructor;' },
    plugins: [{ name: 'one function', setup: startInOneFunction }],
    ...options,
  });
  const inBoth = modules.filter((module) => startThread.modules.includes(module) && module !== START);
  if (inBoth.sort().join() !== IN_BOTH_PARTS.join())
    throw new Error(
      `${name} holds these modules twice: ${inBoth.join(', ')}; adapt IN_BOTH_PARTS if they have no state`,
    );
  if (!text.includes(DEFINE))
    throw new Error(`esbuild begins ${name} in another way: adapt DEFINE in bundle-tracer.mjs`);
  replaceFile(join(folder, 'dist', name), text.replace(DEFINE, DEFINE_OWN));
}

async function bundleRegister(options, extension) {
  const { text } = await bundled({
    entryPoints: ['packages/tracer/src/register.ts'],
    plugins: [{ name: 'import the tracer', setup: ({ onResolve }) => importTracer(onResolve, `./index.${extension}`) }],
    ...options,
  });
  replaceFile(join(folder, 'dist', `register.${extension}`), text);
}

function importTracer(onResolve, path) {
  onResolve({ filter: /^\.\/index\.ts$/ }, () => ({ path, external: true }));
}

async function bundled(options) {
  const { outputFiles, metafile } = await build({ ...COMMON, ...options });
  const [{ inputs }] = Object.values(metafile.outputs);
  const modules = Object.keys(inputs).filter((module) => inputs[module].bytesInOutput > 0);
  return { text: outputFiles[0].text, modules };
}

/**
 * Gives esbuild the part that starts later as one module, bundled before. esbuild then writes one function, not one for
 * each of the part's modules, and leaves out all exports without a use.
 */
function startInOneFunction({ onLoad }) {
  onLoad({ filter: /\/agent\/start-thread\.ts$/ }, () => ({ contents: startThread.text, loader: 'js' }));
}

/** Declares for TypeScript that `require` gives the same values as the ES module. */
function typesOfRequire() {
  const values = Object.keys(createRequire(import.meta.url)(join(folder, 'dist', 'index.cjs')));
  const from = `from './index.js' with { 'resolution-mode': 'import' };`;
  const lines = values.map((name) => `export declare const ${name}: typeof tracer.${name};`);
  return [`import type * as tracer ${from}`, `export type * ${from}`, ...lines, ''].join('\n');
}
