import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProgramTraits, programName } from './program-name.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-names-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const NODE = { title: 'node', argv0: 'node', execPath: '/usr/bin/node', argv: ['/usr/bin/node'], execArgv: [] };
const named = (traits: Partial<ProgramTraits>): string => programName({ ...NODE, ...traits });
/** Name of a program whose script is this file of a directory without a package. */
const ofScript = (path: string): string => named({ argv: ['/usr/bin/node', join(root, path)] });

function manifest(directory: string, text: string): void {
  mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, directory, 'package.json'), text);
}

describe('the name of a program', () => {
  it('is its script, after the name of the nearest package that has one', () => {
    manifest('work/shop', '{"name":"@acme/shop"}');
    manifest('work/shop/dist', '{"type":"module"}');
    expect(ofScript('work/shop/dist/server.js')).toBe('@acme/shop/server.js');
    expect(ofScript('work/other/server.js')).toBe('server.js');
  });

  it('leaves out the package if the script has its name, and is the package alone for its directory', () => {
    manifest('work', '{"name":"@acme/shop"}');
    expect(ofScript('work/bin/shop.js')).toBe('shop.js');
    expect(ofScript('work')).toBe('@acme/shop');
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a name that is no text', '{"name":["shop"]}'],
    ['more than 64 KiB', `{"name":"shop","x":"${'x'.repeat(64 * 1024)}"}`],
  ])('is the script alone if the manifest is %s', (_, text) => {
    manifest('.', text);
    expect(ofScript('server.js')).toBe('server.js');
  });

  it('keeps the script behind the longest name of a package', () => {
    manifest('.', JSON.stringify({ name: 'x'.repeat(10_000) }));
    expect(ofScript('server.js')).toMatch(/^x{100}\/server\.js$/);
  });

  it.each([
    ['node -e', ['-e', '1']],
    ['node --eval', ['--no-warnings', '--eval=1']],
    ['node -p', ['-p', 'secret']],
    ['node --test', ['--test']],
    ['node', ['-i']],
    ['node', []],
  ])('without a script is %s for the options %j', (name, execArgv) => {
    expect(named({ execArgv })).toBe(name);
  });

  it.each([
    ['node -', '-'],
    ['[worker eval]', '[worker eval]'],
    ['node', 'data:text/javascript,secret/1'],
  ])('is %s for a script that is no file: %s', (name, script) => {
    expect(named({ argv: ['node', script] })).toBe(name);
  });

  it.each([
    ['node', 'node'],
    ['./node', './node'],
    ['/usr/bin/node', 'node'],
    ['shop-as-typed', 'shop-as-typed'],
    [' ', 'node'],
  ])('is no title that Node.js set: %j of a process started as %j', (title, argv0) => {
    expect(named({ title, argv0, argv: ['node', join(root, 'a.js')] })).toBe('a.js');
  });

  it('is the title that the program set, bounded', () => {
    expect(named({ title: 'pool/3', argv: ['node', '/a.js'] })).toBe('pool/3');
    expect(named({ title: 'x'.repeat(1024 * 1024) })).toHaveLength(255);
  });

  it('follows a program that replaces its script', () => {
    expect(ofScript('runner.js')).toBe('runner.js');
    expect(ofScript('app.js')).toBe('app.js');
  });

  it.each([{ title: undefined }, { argv: undefined }, { argv: ['node', 7] }])(
    'is node where the program has replaced %j',
    (traits) => {
      expect(named(traits as unknown as Partial<ProgramTraits>)).toBe('node');
    },
  );
});
