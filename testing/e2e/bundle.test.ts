import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { builtinModules, SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventsOf, makeSandbox, program, startNode } from './harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(ROOT, 'packages', 'cli');
const bundle = join(CLI, 'bundle');
const scripts = readdirSync(bundle).filter((name) => name.endsWith('.js'));
const textOf = (name: string) => readFileSync(join(bundle, name), 'utf8');

/** Paths of a package's published files. */
function packed(folder: string): string[] {
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options));
  return files.map(({ path }: { path: string }) => path).filter((path: string) => !path.startsWith('dist/'));
}

describe('the bundle of the command', () => {
  it.each(scripts)('%s imports only modules of Node.js', (name) => {
    const imported = [...textOf(name).matchAll(/^import\b[^;'"]*?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm)];
    const required = [...textOf(name).matchAll(/\brequire\(['"]([^'"]+)['"]\)/g)];
    const names = [...imported, ...required].map((match) => (match[1] ?? match[2] ?? '').replace(/^node:/, ''));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((module) => !builtinModules.includes(module))).toEqual([]);
  });

  it('has each file that package.json names', () => {
    const { imports, exports, bin } = JSON.parse(readFileSync(join(CLI, 'package.json'), 'utf8'));
    const files = [imports, exports, bin].flatMap((table) => Object.values<string | { default: string }>(table));
    for (const file of files)
      expect(file).toSatisfy(() => existsSync(join(CLI, typeof file === 'string' ? file : file.default)));
  });

  it('has source maps that lead from a line of it to the source', () => {
    const lines = textOf('ringtail-sessiond.js').split('\n');
    const at = lines.findIndex((line) => line.startsWith('async function startSessionDaemon('));
    const map = new SourceMap(JSON.parse(textOf('ringtail-sessiond.js.map')));
    const entry = map.findEntry(at, 0) as { originalSource: string; originalLine: number };
    const source = join(bundle, entry.originalSource);
    expect(source).toBe(join(ROOT, 'packages', 'sessiond', 'src', 'session-daemon.ts'));
    expect(readFileSync(source, 'utf8').split('\n')[entry.originalLine]).toContain('function startSessionDaemon(');
  });

  it('has the licenses of the bundled packages of others', () => {
    const licenses = textOf('LICENSES.txt');
    for (const name of ['commander', 'fast-xml-parser']) {
      expect(licenses).toMatch(new RegExp(`^${name} \\d.*: \\S+`, 'm'));
    }
    expect(licenses).toContain('Permission is hereby granted');
  });

  it('records and reads without its packages installed', async () => {
    const sandbox = makeSandbox();
    const modules = join(sandbox.directory, 'node_modules');
    const installed = join(modules, 'ringtail');
    for (const path of packed(CLI)) cpSync(join(CLI, path), join(installed, path));
    mkdirSync(join(modules, '@ringtail'));
    symlinkSync(join(ROOT, 'packages', 'tracer'), join(modules, '@ringtail', 'tracer'));
    symlinkSync(join(ROOT, 'node_modules', '@koromix'), join(modules, '@koromix'));
    const ringtail = join(installed, 'bin', 'ringtail.mjs');
    const trace = join(sandbox.directory, 'trace');
    const words = [ringtail, 'record', '--output', trace, process.execPath, program('guest.mjs')];
    expect(await startNode(sandbox, words).ended).toMatchObject({ code: 0 });
    expect(eventsOf(sandbox, trace)).toHaveLength(10);
    const { code, stdout, stderr } = await startNode(sandbox, [ringtail, 'view', trace]).ended;
    expect([code, stderr, stdout.trim().split('\n').length]).toEqual([0, '', 10]);
  });
});
