/** Probes of lines and functions of TypeScript sources, in programs that run what was made from them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { succeed, until } from '../e2e/harness.ts';
import { canEdit, eventsAfterEnd, recordedEvents, startedSession, startProgram, untilStatusSays } from './probed.ts';

const CART = `interface Item { price: number }

export class Cart {
  private items: Item[] = [];

  add(item: Item): number {
    this.items.push(item);
    return this.items.length;
  }
}
`;
const PUSH = 'src/cart.ts:7';
const MAIN = `import { Cart } from './cart.ts';
const cart = new Cart();
setInterval(() => cart.add({ price: 5 }), 2);
process.stdin.on('end', () => process.exit()).resume();
console.log('ready');
`;

function writeSources(directory: string): string {
  mkdirSync(join(directory, 'src'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(directory, 'src', 'cart.ts'), CART);
  writeFileSync(join(directory, 'src', 'main.ts'), MAIN);
  return join(directory, 'src', 'main.ts');
}

interface Made {
  readonly program: string;
  readonly options?: readonly string[];
}

function compile(main: string, directory: string, map: string): Made {
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
  const target = ['--target', 'es2022', '--module', 'node20', '--rewriteRelativeImportExtensions', '--noCheck'];
  execFileSync(process.execPath, [tsc, map, ...target, '--outDir', join(directory, 'dist'), main], { cwd: directory });
  return { program: join(directory, 'dist', 'main.js') };
}

function bundle(main: string, directory: string, sourcemap: 'linked' | 'inline', minify: boolean): Made {
  const program = join(directory, 'dist', 'bundle.mjs');
  const settings = { bundle: true, platform: 'node', format: 'esm' } as const;
  buildSync({ ...settings, entryPoints: [main], outfile: program, sourcemap, minify });
  return { program };
}

const WAYS: readonly (readonly [string, boolean, (main: string, directory: string) => Made])[] = [
  ['compiled by tsc, with a map in a file', true, (main, to) => compile(main, to, '--sourceMap')],
  ['compiled by tsc, with a map in the text', true, (main, to) => compile(main, to, '--inlineSourceMap')],
  ['bundled by esbuild, with a map in a file', true, (main, to) => bundle(main, to, 'linked', false)],
  ['bundled and minified by esbuild', true, (main, to) => bundle(main, to, 'inline', true)],
  ['run by tsx', true, (program) => ({ program, options: ['--import', import.meta.resolve('tsx')] })],
  [
    'whose types Node.js strips',
    Boolean((process.features as { typescript?: unknown }).typescript),
    (program) => ({ program, options: ['--disable-warning=ExperimentalWarning'] }),
  ],
];

it.each(WAYS.filter(([, isPossible]) => isPossible))('a line is probed in a program %s', async (_, __, make) => {
  const { sandbox, trace } = await startedSession();
  const { program, options = [] } = make(writeSources(sandbox.directory), sandbox.directory);
  const running = await startProgram(sandbox, program, ...options);
  await succeed(sandbox, 'enable-event', '--probe', PUSH, '--capture', 'count = this.items.length', '-c', 'c', 'push');
  await until(async () => (await recordedEvents(sandbox)) > 0);
  await succeed(sandbox, 'enable-event', '--probe', 'src/cart.ts:1', '-c', 'c', 'types');
  await untilStatusSays(sandbox, /probe:types is not in .*: no statement begins on line 1; the next one/);
  const events = await eventsAfterEnd(sandbox, trace, running);
  expect(events[0]?.name).toBe('probe:push');
  expect(events[0]?.fields).toMatch(/count = "\d+"/);
});

it('a function is probed in a bundle, by its source', async () => {
  const { sandbox, trace } = await startedSession();
  const { program } = bundle(writeSources(sandbox.directory), sandbox.directory, 'linked', false);
  const running = await startProgram(sandbox, program);
  await succeed(sandbox, 'enable-event', '--function', 'src/main.ts:Cart.prototype.add', '-c', 'c', 'none');
  await untilStatusSays(sandbox, /probe:none_\* is not in .*bundle.mjs: it has no function Cart.prototype.add/);
  await succeed(sandbox, 'enable-event', '--function', 'src/cart.ts:Cart.prototype.add', '-c', 'c', 'add');
  await until(async () => (await recordedEvents(sandbox)) > 1);
  const events = await eventsAfterEnd(sandbox, trace, running);
  const names = new Set(events.map(({ name }) => name));
  expect(names).toEqual(new Set(['probe:add_begin', ...(canEdit ? ['probe:add_end'] : [])]));
});

it('a program without its map has probes in lines of its JavaScript, and says why not in those of its source', async () => {
  const { sandbox, trace } = await startedSession();
  const { program } = bundle(writeSources(sandbox.directory), sandbox.directory, 'linked', false);
  const dist = join(sandbox.directory, 'dist');
  for (const name of readdirSync(dist)) if (name.endsWith('.map')) rmSync(join(dist, name));
  const running = await startProgram(sandbox, program);
  await succeed(sandbox, 'enable-event', '--probe', PUSH, '-c', 'c', 'source');
  await untilStatusSays(
    sandbox,
    /probe:source waits: the program has loaded no file src\/cart.ts; its source map cannot be read, or is too long: .*m/,
  );
  await succeed(sandbox, 'enable-event', '--probe', 'dist/bundle.mjs:5', '-c', 'c', 'push');
  await until(async () => (await recordedEvents(sandbox)) > 0);
  expect((await eventsAfterEnd(sandbox, trace, running))[0]?.name).toBe('probe:push');
});
