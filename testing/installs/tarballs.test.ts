/** Contents of the packages that are published. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = { ringtail: 'cli', '@ringtail/tracer': 'tracer', '@ringtail/instrument': 'instrument' };
const BYTES_MAX = { ringtail: 1_500_000, '@ringtail/tracer': 250_000, '@ringtail/instrument': 120_000 };

const hasAddon = existsSync(join(ROOT, 'packages', 'tracer', 'dist', 'clock-linux-x64.node'));

/** Files of the packages; folders and families of files stand for many. */
const CONTENTS = {
  ringtail: [
    'bin',
    'bundle/LICENSES.txt',
    'bundle/helper-main.js',
    'bundle/job-process.js',
    'bundle/lib/analyses.js',
    'bundle/lib/ctf.js',
    'bundle/lib/ctl.js',
    'bundle/lib/reader-pure.js',
    'bundle/lib/reader.js',
    'bundle/lib/shared-*.js',
    'bundle/ringtail-consumerd.js',
    'bundle/ringtail-sessiond.js',
    'bundle/ringtail.js',
    'bundle/systemd',
    'bundle/tracer/dist/clock-linux-x64.node',
    'bundle/tracer/dist/index.js',
    'bundle/tracer/dist/instrument.cjs',
    'bundle/tracer/dist/probes.cjs',
    'bundle/tracer/dist/register.js',
    'bundle/tracer/package.json',
    'man',
    'settings/default.json',
    'settings/profile.json',
    'settings/schema.json',
    'types *.d.ts',
  ],
  '@ringtail/tracer': [
    'dist/clock-linux-x64.node',
    'dist/index.cjs',
    'dist/index.js',
    'dist/register.cjs',
    'dist/register.js',
    'types *.d.cts',
    'types *.d.ts',
  ],
  '@ringtail/instrument': ['dist/index.cjs', 'dist/probes.cjs'],
};

describe.each(Object.entries(PACKAGES))('the package %s', (name, folder) => {
  const home = join(ROOT, 'packages', folder);
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [report] = JSON.parse(execFileSync('npm', words, { cwd: home, encoding: 'utf8', maxBuffer: 2 ** 26 }));
  const files: string[] = report.files.map(({ path }: { path: string }) => path);
  const textOf = (path: string) => readFileSync(join(home, path), 'utf8');

  it('has programs, types, manual pages, licenses and no tests, sources or source maps', () => {
    const kinds = new Set(
      files.map((path) =>
        path
          .replace(/^(bin|man|bundle\/systemd)\/.*/, '$1')
          .replace(/^.*types\/.*\.(d\.c?ts)$/, 'types *.$1')
          .replace(/-[A-Z0-9]{8}\.js$/, '-*.js'),
      ),
    );
    const expected = [...CONTENTS[name as keyof typeof CONTENTS], 'LICENSE', 'README.md', 'package.json'];
    // The clock addon is absent if no C compiler was there.
    expect([...kinds].sort()).toEqual(expected.filter((kind) => hasAddon || !kind.endsWith('.node')).sort());
    expect(files.filter((path) => /\.test\.|\.map$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
    expect(textOf('LICENSE')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
  });

  it('has each file that its manifest names', () => {
    const named = JSON.stringify([manifest.exports, manifest.imports, manifest.bin, manifest.main, manifest.types]);
    const paths = [...named.matchAll(/"\.\/([^"]+)"(?!:)/g)].map(([, path]) => path as string);
    expect(paths.length).toBeGreaterThan(1);
    expect(paths.filter((path) => !files.includes(path) && (hasAddon || !path.endsWith('.node')))).toEqual([]);
  });

  it('has a manifest of which publint reports nothing', async () => {
    const { messages } = await publint({ pkgDir: home, strict: true });
    // Node.js reads these exports: the tracer in `bundle/tracer` finds its clock addon by its own name.
    const others = messages.filter(({ code }) => code !== 'NESTED_PACKAGE_JSON_FIELD_IGNORED');
    expect(others.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([]);
  });

  it('needs only koffi, and Node.js 20', () => {
    const needed = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    });
    expect(needed.filter((dependency) => !dependency.startsWith('@koromix/koffi-linux-'))).toEqual([]);
    expect([manifest.engines.node, manifest.license, manifest.private]).toEqual(['>=20', 'MIT', undefined]);
  });

  it('has code and types that import only files of the package and modules of Node.js', () => {
    const imports =
      /^(?:import|export)\b[^;'"`]*?\bfrom ['"]([^'"]+)['"]|^import ['"]([^'"]+)['"]|\b(?:import|require)\(['"]([^'"]+)['"]\)/gm;
    const foreign = files
      .filter((path) => /\.(js|cjs|mjs|d\.ts|d\.cts)$/.test(path))
      .flatMap((path) =>
        [...textOf(path).matchAll(imports)].map((match) => `${path}: ${match[1] ?? match[2] ?? match[3]}`),
      )
      .filter((line) => !/: (\.|node:)/.test(line) && !builtinModules.includes(line.split(': ')[1] as string));
    expect(foreign).toEqual([]);
  });

  it('names no place of the machine that built it and stays small', () => {
    const texts = files.filter((path) => !path.endsWith('.node'));
    expect(texts.filter((path) => textOf(path).includes(ROOT))).toEqual([]);
    expect(report.size).toBeLessThan(BYTES_MAX[name as keyof typeof BYTES_MAX]);
  });
});

it('the pure half of the reader imports nothing of Node.js', () => {
  const lib = join(ROOT, 'packages', 'cli', 'bundle', 'lib');
  const pending = ['reader-pure.js'];
  for (const file of pending) {
    for (const [, specifier = ''] of readFileSync(join(lib, file), 'utf8').matchAll(
      /\b(?:from|import) ['"]([^'"]+)['"]/g,
    )) {
      expect(specifier).toMatch(/^\.\//);
      if (!pending.includes(specifier.slice(2))) pending.push(specifier.slice(2));
    }
  }
  expect(pending.length).toBeGreaterThan(1);
});
