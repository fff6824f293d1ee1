/** A developer's project beside the packed packages, and the package managers that install them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Ended, makeSandbox, Running, ringtail, type Sandbox, sessionDaemonOf, succeed } from '../e2e/harness.ts';
import { startRegistry } from './local-registry.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
/** Variables with which `npm test` and settings of the machine direct package managers. */
const DIRECTING = /^(npm_|yarn_|pnpm_|corepack_|init_cwd$|node_path$)/i;

/** Main files of package managers by command. */
export const PACKAGE_MANAGERS = {
  pnpm: 'pnpm/bin/pnpm.cjs',
  yarn: 'yarn/bin/yarn.js',
  'yarn 4': '@yarnpkg/cli-dist/bin/yarn.js',
} as const;

/** Files of `npm run pack` by package. */
const TARBALLS = { ringtail: 'ringtail-0.1.0.tgz', '@ringtail/tracer': 'ringtail-tracer-0.1.0.tgz' };

export interface Project {
  readonly sandbox: Sandbox;
  /** The project's directory. Its `../ringtail/pack` has the packages. */
  readonly directory: string;
  /** Runs a command line in it, as a shell does. */
  run(command: string, env?: Sandbox['env']): Promise<Ended>;
  /** The same for a command that has to succeed. */
  succeed(command: string, env?: Sandbox['env']): Promise<Ended>;
}

/** Packs the packages once for the tests of a file. @returns the function that gives their directory */
export function packedOnce(): () => string {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'rt-pack-'));
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools', 'pack.mjs'), directory], {
      encoding: 'utf8',
      env: undirected(process.env),
    });
    expect([stderr, status]).toEqual(['', 0]);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return () => directory;
}

/** A project in a sandbox, with a registry that has the packages of this repository's dependencies and none of ours. */
export async function makeProject(packed: string, yarn: 'yarn' | 'yarn 4' = 'yarn'): Promise<Project> {
  const sandbox = makeSandbox();
  const directory = join(sandbox.directory, 'project');
  const commands = join(sandbox.directory, 'commands');
  for (const made of [directory, commands, join(sandbox.directory, 'ringtail')]) mkdirSync(made);
  symlinkSync(packed, join(sandbox.directory, 'ringtail', 'pack'));
  symlinkSync(join(MODULES, PACKAGE_MANAGERS.pnpm), join(commands, 'pnpm'));
  symlinkSync(join(MODULES, PACKAGE_MANAGERS[yarn]), join(commands, 'yarn'));
  const registry = await startRegistry();
  const inherited = undirected(sandbox.env);
  const settings = {
    ...inherited,
    PATH: [commands, dirname(process.execPath), inherited.PATH].join(delimiter),
    HOME: sandbox.home,
    npm_config_registry: registry,
    npm_config_prefix: join(sandbox.directory, 'global'),
    npm_config_update_notifier: 'false',
    [yarn === 'yarn' ? 'YARN_REGISTRY' : 'YARN_NPM_REGISTRY_SERVER']: registry,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    // yarn 1 of root otherwise keeps packages outside of the home directory, by their version.
    YARN_CACHE_FOLDER: join(sandbox.directory, 'yarn-cache'),
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_GLOBAL_CACHE: '0',
  };
  const run: Project['run'] = (command, env = {}) => {
    const running = new Running('sh', ['-c', command], { ...settings, ...env }, directory);
    // A command that asks a question fails. Otherwise it would wait for the answer.
    running.process.stdin?.end();
    return running.ended;
  };
  const succeedHere: Project['succeed'] = async (command, env) => {
    const ended = await run(command, env);
    expect([command, ended.code, ended.code === 0 ? '' : ended.stdout + ended.stderr]).toEqual([command, 0, '']);
    return ended;
  };
  return { sandbox, directory, run, succeed: succeedHere };
}

/** Gives a project both packages, unpacked as npm lays them out: quicker than an installation. */
export function unpackPackages(directory: string, packed: string): void {
  for (const [name, tarball] of Object.entries(TARBALLS)) {
    const folder = join(directory, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    execFileSync('tar', ['-xzf', join(packed, tarball), '-C', folder, '--strip-components=1']);
    const { bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const [command, file] of Object.entries<string>(bin)) {
      mkdirSync(join(directory, 'node_modules', '.bin'), { recursive: true });
      symlinkSync(join(folder, file), join(directory, 'node_modules', '.bin', command));
    }
  }
  linkPackages(directory, [`@koromix/koffi-linux-${process.arch}`], []);
}

/** Runs a command in a session of a daemon outside of the project. @returns its end, and its recorded events */
export async function runInSession(
  { sandbox, run }: Project,
  command: string,
  env: Sandbox['env'] = {},
): Promise<{ ended: Ended; eventCount: number }> {
  const directory = mkdtempSync(join(sandbox.directory, 'session-'));
  const outside = { ...sandbox, env: { ...sandbox.env, RINGTAIL_RUNDIR: join(directory, 'run') } };
  const trace = join(directory, 'trace');
  await succeed(outside, 'create', 'all', '-o', trace);
  await succeed(outside, 'enable-event', '-u', '-a');
  await succeed(outside, 'start');
  const ended = await run(command, { ...env, RINGTAIL_RUNDIR: join(directory, 'run') });
  await ringtail(outside, ['destroy']);
  const listed = await ringtail(outside, ['view', trace]);
  process.kill(sessionDaemonOf({ ...outside, directory }), 'SIGTERM');
  return { ended, eventCount: listed.stdout.split('\n').filter((line) => line.includes('shop:')).length };
}

/** Gives a project packages of this repository's node_modules with their commands, without an installation. */
export function linkPackages(directory: string, names: readonly string[], commands: readonly string[]): void {
  const modules = join(directory, 'node_modules');
  for (const name of [...names, ...commands.map((command) => join('.bin', command))]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(MODULES, name), join(modules, name));
  }
}

function undirected(env: Sandbox['env']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !DIRECTING.test(name)));
}
