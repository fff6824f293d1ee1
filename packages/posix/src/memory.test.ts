import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Seal } from './constants.ts';
import { loadPosix, type Posix } from './load.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const posix: Posix = loaded.posix;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function memfd(bytes: number): number {
  const fd = posix.memfdCreate('ringtail-test', 2);
  cleanups.push(() => closeSync(fd));
  if (bytes > 0) posix.allocate(fd, bytes);
  return fd;
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

if (process.getuid?.() !== 0)
  console.warn('SKIPPED: only root can make what it takes: not tested: a file system that fills up');

describe('memfds', () => {
  it('a sealed one can be written to but neither shrunk nor grown', () => {
    const fd = memfd(8192);
    posix.addSeals(fd, Seal.SHRINK | Seal.GROW | Seal.SEAL);
    expect(writeSync(fd, Buffer.from('abc'), 0, 3, 0)).toBe(3);
    expect(codeOf(() => ftruncateSync(fd, 4096))).toBe('EPERM');
    expect(codeOf(() => ftruncateSync(fd, 0))).toBe('EPERM');
    expect(codeOf(() => ftruncateSync(fd, 16384))).toBe('EPERM');
    expect(fstatSync(fd).size).toBe(8192);
    expect(posix.getSeals(fd) & 7).toBe(7);
  });

  it('seals are final, and other files have none', () => {
    const fd = memfd(4096);
    posix.addSeals(fd, Seal.SEAL);
    expect(codeOf(() => posix.addSeals(fd, Seal.GROW))).toBe('EPERM');
    const file = openSync(process.execPath, 'r');
    cleanups.push(() => closeSync(file));
    expect(codeOf(() => posix.getSeals(file))).toBe('EINVAL');
  });

  it('is not inherited by children', () => {
    const fd = memfd(4096);
    const listing = execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
    expect(fd).toBeGreaterThan(0);
    expect(listing).not.toContain('ringtail-test');
  });
});

describe('allocate', () => {
  it('throws ENOSPC with the size if the file system is smaller', () => {
    const path = join('/dev/shm', `ringtail-posix-${process.pid}`);
    const fd = openSync(path, 'wx+', 0o600);
    cleanups.push(() => {
      closeSync(fd);
      rmSync(path);
    });
    const { blocks, bsize } = statfsSync('/dev/shm');
    const bytes = (blocks + 1) * bsize;
    expect(() => posix.allocate(fd, bytes)).toThrow(
      expect.objectContaining({ code: 'ENOSPC', message: expect.stringContaining(`${bytes} bytes`) }),
    );
  });

  it.skipIf(process.getuid?.() !== 0)('says ENOSPC when a file system fills up (needs root to mount one)', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ringtail-posix-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
    cleanups.push(() => {
      execFileSync('umount', [directory]);
      rmSync(directory, { recursive: true });
    });
    const first = openSync(join(directory, 'first'), 'wx+');
    const second = openSync(join(directory, 'second'), 'wx+');
    try {
      posix.allocate(first, 48 * 1024);
      expect(codeOf(() => posix.allocate(second, 48 * 1024))).toBe('ENOSPC');
    } finally {
      closeSync(first);
      closeSync(second);
    }
  });
});

describe('mappings', () => {
  it('show the writes to the file, and the file shows their stores', () => {
    const fd = memfd(8192);
    const mapping = posix.map(fd, 8192);
    const bytes = new Uint8Array(mapping.buffer);
    expect(bytes.length).toBe(8192);
    bytes[8191] = 77;
    const read = Buffer.alloc(1);
    readSync(fd, read, 0, 1, 8191);
    expect(read[0]).toBe(77);
    writeSync(fd, Buffer.from([55]), 0, 1, 5);
    expect(bytes[5]).toBe(55);
  });

  it('begin at the given offset', () => {
    const fd = memfd(3 * 65_536);
    const bytes = new Uint8Array(posix.map(fd, 65_536 + 1, 65_536).buffer);
    bytes[65_536] = 33;
    const read = Buffer.alloc(1);
    readSync(fd, read, 0, 1, 2 * 65_536);
    expect([bytes.length, read[0]]).toEqual([65_537, 33]);
    expect(codeOf(() => posix.map(fd, 2 * 65_536 + 1, 65_536))).toBe('EINVAL');
    expect(codeOf(() => posix.map(fd, 1, -65_536))).toBe('EINVAL');
  });

  it('for reading take their size from the caller, and refuse impossible ones', () => {
    const fd = memfd(4096);
    writeSync(fd, Buffer.from([55]), 0, 1, 5);
    const mapping = posix.mapForReading(fd, 4096);
    expect(new Uint8Array(mapping.buffer)[5]).toBe(55);
    posix.unmap(mapping);
    expect(codeOf(() => posix.mapForReading(fd, 2 ** 31))).toBe('EINVAL');
    const file = openSync('/proc/self/stat', 'r');
    expect(codeOf(() => posix.mapForReading(file, 4096))).toMatch(/^E/);
    closeSync(file);
  });

  it('are refused for more than the file has, for 2 GiB and for sizes that are none', () => {
    const fd = memfd(4096);
    for (const bytes of [4097, 8192, 2 ** 31, 2 ** 33, 0, -1, 1.5, Number.NaN]) {
      expect(
        codeOf(() => posix.map(fd, bytes)),
        String(bytes),
      ).toBe('EINVAL');
    }
  });

  it('give pages of the file back, which read as zeros then', () => {
    const fd = memfd(4 * 4096);
    posix.addSeals(fd, Seal.SHRINK | Seal.GROW);
    const mapping = posix.map(fd, 4 * 4096);
    const bytes = new Uint8Array(mapping.buffer).fill(9);
    posix.removePages(mapping, 4096, 2 * 4096);
    expect(fstatSync(fd).blocks).toBe((2 * 4096) / 512);
    bytes[4096] = 1;
    expect(fstatSync(fd).blocks).toBe((3 * 4096) / 512);
    expect([4095, 4096, 4097, 3 * 4096 - 1, 3 * 4096].map((at) => bytes[at])).toEqual([9, 1, 0, 0, 9]);
    for (const [offset, length] of [
      [3 * 4096, 2 * 4096],
      [-4096, 4096],
      [0, 0],
      [1, 4096],
      [0, 1],
      [0, 4095],
      [0, 4097],
      [0, Number.NaN],
    ] as const) {
      expect(
        codeOf(() => posix.removePages(mapping, offset, length)),
        `${length} from ${offset}`,
      ).toBe('EINVAL');
    }
    expect([bytes[0], bytes[3 * 4096]]).toEqual([9, 9]);
    posix.unmap(mapping);
    expect(codeOf(() => posix.removePages(mapping, 0, 4096))).toBe('EINVAL');
  });

  it('of a closed descriptor fail with a code', () => {
    const fd = memfd(4096);
    expect(codeOf(() => posix.map(fd + 1000, 4096))).toBe('EBADF');
  });

  it('end once', () => {
    const fd = memfd(4096);
    const unmapped = posix.map(fd, 4096);
    posix.unmap(unmapped);
    expect(codeOf(() => posix.unmap(unmapped))).toBe('EINVAL');
    expect(codeOf(() => posix.retire(unmapped))).toBe('EINVAL');
  });

  it('a retired one takes late stores, which reach the file no more', () => {
    const fd = memfd(8192);
    const mapping = posix.map(fd, 8192);
    const bytes = new Uint8Array(mapping.buffer);
    bytes[4096] = 1;
    posix.retire(mapping);
    expect(bytes[4096]).toBe(0);
    bytes[4096] = 2;
    expect(bytes[4096]).toBe(2);
    const read = Buffer.alloc(1);
    readSync(fd, read, 0, 1, 4096);
    expect(read[0]).toBe(1);
    expect(codeOf(() => posix.unmap(mapping))).toBe('EINVAL');
  });
});
