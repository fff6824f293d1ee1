import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { traceNameOf } from './trace-name.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-names-'));
  for (const directory of ['shop/dist', 'shop/bin', 'plain']) mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, 'shop/package.json'), '{"name":"@acme/shop"}');
  for (const file of ['shop/bin/www', 'plain/tool']) writeFileSync(join(root, file), '');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const nameOf = (line: string, directory: string): string =>
  traceNameOf(line.split(' ') as [string], join(root, directory));

describe('the name of a trace', () => {
  it.each([
    ['node --flag dir/app.mjs other.js', 'app'],
    ['/usr/bin/node --import ./pre.mjs server.js', 'server'],
    ['tsx watch src/app.ts', 'app'],
    ['npx tsx src/app.ts', 'app'],
    ['npx --yes -p typescript tsx@4.2 src/app.ts', 'app'],
    ['npm exec -- tsx src/app.ts', 'app'],
    ['pnpm dlx @scope/tool@1 --x', 'tool'],
    ['./a%b/..weird!name.js', 'weird_name'],
    ['eslint src/app.ts', 'eslint'],
    ['/', 'command'],
  ])('of %s is %s in any directory', (line, name) => {
    for (const directory of ['shop', 'plain']) expect(nameOf(line, directory)).toBe(name);
    expect(traceNameOf(line.split(' ') as [string], null)).toBe(name);
  });

  it.each([
    ['node dist/main.js', 'shop', 'main'],
    ['node .', 'shop', 'plain'],
    ['node bin/www', 'shop', 'node'],
    ['node tool', 'shop', 'tool'],
    ['/usr/bin/node -e 1', 'shop', 'node'],
    ['npm start', 'shop', 'npm'],
    ['npm --silent run dev', 'shop', 'npm'],
    ['yarn', 'shop', 'yarn'],
    ['npx', 'npx', 'npx'],
  ])('of %s is %s in a package, else %s', (line, inPackage, elsewhere) => {
    expect(nameOf(line, 'shop')).toBe(inPackage);
    expect(nameOf(line, 'plain')).toBe(elsewhere);
  });

  it('is bounded', () => {
    expect(nameOf(`node ${'x'.repeat(5000)}.js`, 'plain')).toBe('x'.repeat(100));
  });
});
