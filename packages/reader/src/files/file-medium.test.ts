import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OPEN_FILES_MAX } from './descriptor-pool.ts';
import { FileMedium, shareChunkMemory } from './file-medium.ts';

const CHUNK = 256 * 1024;

let root: string;
let media: FileMedium[];

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-file-medium-'));
  media = [];
});

afterEach(() => {
  for (const medium of media) medium.close();
  fs.rmSync(root, { recursive: true });
});

function mediumOf(name: string, byte: number, length = 3 * CHUNK): FileMedium {
  const file = path.join(root, name);
  fs.writeFileSync(file, Buffer.alloc(length, byte));
  const medium = new FileMedium(file);
  media.push(medium);
  return medium;
}

function firstByte(medium: FileMedium, offset: number): number | undefined {
  const next = medium.read(offset, 1);
  return next.kind === 'item' ? next.item[0] : undefined;
}

function openDescriptors(): number {
  const targets = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(root)).length;
}

const unreadable = (message: string | RegExp) =>
  expect.objectContaining({ code: 'UNREADABLE', message: expect.stringMatching(message) });

describe('a file of a trace', () => {
  it('is one of thousands that are read in turns with few descriptors', () => {
    const all = Array.from({ length: 3 * OPEN_FILES_MAX }, (_, i) => mediumOf(`s_${i}`, i % 251));
    for (const offset of [0, CHUNK, 2 * CHUNK]) {
      expect(all.map((medium) => firstByte(medium, offset))).toEqual(all.map((_, i) => i % 251));
      expect(openDescriptors()).toBe(OPEN_FILES_MAX);
    }
    for (const medium of all) medium.close();
    expect(openDescriptors()).toBe(0);
  });

  it('reads in smaller chunks the more files there are', () => {
    const sizes = [1, 64, 1000, 100_000].map((count) => {
      const some = Array.from({ length: count }, (_, i) => new FileMedium(String(i)));
      shareChunkMemory(some);
      return some[0]!.chunkBytes;
    });
    expect(sizes).toEqual([1024 * 1024, CHUNK, Math.floor((128 * 1024 * 1024) / 1000), 32 * 1024]);
  });

  it('ends where it was cut while it was read, and goes on where it has grown', () => {
    const medium = mediumOf('s', 7);
    expect(firstByte(medium, 0)).toBe(7);
    fs.truncateSync(medium.path, CHUNK + 10);
    expect(medium.read(2 * CHUNK, 1)).toEqual({ kind: 'end' });
    expect(medium.read(CHUNK, 100)).toMatchObject({ kind: 'item', item: Buffer.alloc(10, 7) });
    fs.appendFileSync(medium.path, Buffer.alloc(CHUNK, 8));
    expect(firstByte(medium, CHUNK + 10)).toBe(8);
  });

  it('is read on after it was removed, as long as it is open', () => {
    const medium = mediumOf('s', 7);
    expect(firstByte(medium, 0)).toBe(7);
    fs.rmSync(medium.path);
    expect(firstByte(medium, 2 * CHUNK)).toBe(7);
  });

  it('is refused if another file, a FIFO or nothing is in its place when it is opened again', () => {
    const places: readonly [string, (file: string) => void, RegExp][] = [
      ['other', (file) => fs.writeFileSync(file, Buffer.alloc(3 * CHUNK)), /another file took the place/],
      ['fifo', (file) => execFileSync('mkfifo', [file]), /not a regular file/],
      ['nothing', () => undefined, /ENOENT/],
    ];
    for (const [name, put, message] of places) {
      const medium = mediumOf(name, 7);
      expect(firstByte(medium, 0)).toBe(7);
      for (let i = 0; i < OPEN_FILES_MAX; i++) firstByte(mediumOf(`more-${name}-${i}`, 1, 10), 0);
      // The first file still exists, so that its number is not given to another.
      fs.renameSync(medium.path, `${medium.path}.old`);
      put(medium.path);
      expect(() => medium.read(2 * CHUNK, 1)).toThrow(unreadable(message));
    }
  });
});
