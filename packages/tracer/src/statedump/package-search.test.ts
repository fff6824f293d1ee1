import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PackageSearch } from './package-search.ts';

const PACKAGES = 100;

let root: string;
let files: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-packages-'));
  files = Array.from({ length: PACKAGES }, (_, idx) => {
    mkdirSync(join(root, `${idx}`));
    writeFileSync(join(root, `${idx}`, 'package.json'), `{"name":"p${idx}"}`);
    return join(root, `${idx}`, 'index.js');
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a search on a machine on which each call of the clock finds that this much time has passed. */
function search(msPerCall: number) {
  let nowMs = 0;
  const found: string[] = [];
  const delays: number[] = [];
  const turns: (() => void)[] = [];
  const packages = new PackageSearch({
    nowMs: () => (nowMs += msPerCall),
    later: (delayMs, act) => {
      delays.push(delayMs);
      turns.push(act);
    },
    onFound: ({ name }) => found.push(name),
  });
  let isDone = false;
  packages.run(() => {
    isDone = true;
  }, files);
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
  return { found: found.sort(), delays, isDone, leftOut: packages.leftOut };
}

const all = Array.from({ length: PACKAGES }, (_, idx) => `p${idx}`).sort();

it('finds all packages in one turn of an idle machine', () => {
  expect(search(0)).toEqual({ found: all, delays: [], isDone: true, leftOut: 0 });
});

it('finds the same packages on a busy machine, with pauses after the first turns', () => {
  const { found, delays, isDone, leftOut } = search(50);
  expect({ found, isDone, leftOut }).toEqual({ found: all, isDone: true, leftOut: 0 });
  expect(delays.slice(0, 2)).toEqual([0, 0]);
  expect(delays.slice(-90)).toEqual(Array.from({ length: 90 }, () => 20));
});
