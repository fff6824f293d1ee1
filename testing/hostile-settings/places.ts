/** Two directories with the same program: one with the installed tracer, one with a substitute that does nothing. */
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tracer from '@ringtail/tracer';
import type { Sandbox } from '../e2e/harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));
/** The package with native code that the tracer requires at run time. */
const NATIVE = `@koromix/koffi-linux-${process.arch}`;

export interface Places {
  readonly traced: string;
  readonly untraced: string;
}

export function makePlaces({ directory }: Sandbox): Places {
  // Names of equal length, so that no result depends on it.
  const places = { traced: join(directory, 'with'), untraced: join(directory, 'sans') };
  for (const place of Object.values(places)) cpSync(PROGRAMS, place, { recursive: true });
  installTracer(join(places.traced, 'node_modules'));
  installStandIn(join(places.untraced, 'node_modules', '@ringtail', 'tracer'));
  return places;
}

/** As from a registry: the published files alone. */
function installTracer(modules: string): void {
  const source = join(ROOT, 'packages', 'tracer');
  const destination = join(modules, '@ringtail', 'tracer');
  const entries = ['index', 'register'].flatMap((name) => [`dist/${name}.js`, `dist/${name}.cjs`]);
  for (const file of ['package.json', ...entries, 'dist/clock-linux-x64.node']) {
    if (existsSync(join(source, file))) cpSync(join(source, file), join(destination, file));
  }
  mkdirSync(dirname(join(modules, NATIVE)), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', NATIVE), join(modules, NATIVE));
}

function installStandIn(destination: string): void {
  const exported = Object.entries(tracer).map(([name, value]) => [name, standInFor(name, value)]);
  mkdirSync(destination, { recursive: true });
  const write = (file: string, text: string) => writeFileSync(join(destination, file), text);
  write('index.js', exported.map(([name, value]) => `export const ${name} = ${value};\n`).join(''));
  write('index.cjs', exported.map(([name, value]) => `exports.${name} = ${value};\n`).join(''));
  const entry = { import: './index.js', require: './index.cjs' };
  write(
    'package.json',
    JSON.stringify({ name: '@ringtail/tracer', type: 'module', exports: { '.': entry, './register': entry } }),
  );
}

function standInFor(name: string, value: unknown): string {
  if (name === 'provider')
    return '() => ({ tracepoint() { const f = () => {}; f.enabled = false; return f; }, withdraw() {} })';
  return typeof value === 'function' ? '() => {}' : '{}';
}
