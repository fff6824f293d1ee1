import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { renameAll } from './rename-all.ts';

it('renames all, or nothing if one name is taken', () => {
  const root = mkdtempSync(join(tmpdir(), 'ringtail-rename-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const at = (name: string) => join(root, name);
  for (const name of ['a', 'b', 'next-a', 'next-b']) mkdirSync(at(name));
  for (const name of ['a', 'b', 'next-a', 'next-b']) writeFileSync(join(at(name), name), '');
  const renames = [
    { from: at('a'), to: at('old-a') },
    { from: at('next-a'), to: at('a') },
    { from: at('b'), to: at('old-b') },
    { from: at('next-b'), to: at('b') },
  ];
  mkdirSync(join(at('old-b'), 'taken'), { recursive: true });
  expect(() => renameAll(renames)).toThrow('ENOTEMPTY');
  expect(readdirSync(root)).toEqual(['a', 'b', 'next-a', 'next-b', 'old-b']);
  expect([readdirSync(at('a')), readdirSync(at('b'))]).toEqual([['a'], ['b']]);
  rmSync(at('old-b'), { recursive: true });
  renameAll(renames);
  expect(readdirSync(root)).toEqual(['a', 'b', 'old-a', 'old-b']);
  expect(['a', 'b', 'old-a', 'old-b'].map((name) => readdirSync(at(name))[0])).toEqual(['next-a', 'next-b', 'a', 'b']);
});
