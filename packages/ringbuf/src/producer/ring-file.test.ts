import { execFileSync } from 'node:child_process';
import {
  existsSync,
  ftruncateSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPosix } from '@ringtail/posix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ringBytesFor, SUB_BUF_BYTES_MAX } from '../abi.ts';
import { RingConsumer } from '../consumer/consumer.ts';
import { openRingFile, type RingFile } from '../consumer/ring-storage.ts';
import { readRecords, TEST_HEADER, writeRecord } from '../memory-ring.test.support.ts';
import { createRing, type Ring, type RingOptions } from './ring-file.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const { posix } = loaded;

/** Where the kernel commits memory strictly, a ring takes all of it at once. */
const memoryIsCommitted = readFileSync('/proc/sys/vm/overcommit_memory', 'latin1').trim() === '2';

let directory: string;
const cleanups: (() => void)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-ring-'));
});
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
  rmSync(directory, { recursive: true });
});

function make(options: Partial<RingOptions> = {}): Ring {
  const ring = createRing({ ...TEST_HEADER, name: 'ring', onSubBufClosed: () => {}, ...options });
  cleanups.push(() => ring.close());
  return ring;
}

function open(path: string, bytes: number): RingFile {
  const file = openRingFile(path, bytes);
  cleanups.push(() => file.close());
  return file;
}

function failure(options: Partial<RingOptions>): { code: string; message: string } {
  try {
    make(options);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('the ring was made');
}

if (memoryIsCommitted)
  console.warn('SKIPPED: the kernel commits memory strictly: not tested: rings that take it page by page');

describe('a ring in a memfd', () => {
  it('cannot be shrunk or grown, not even by its owner', () => {
    const ring = make();
    expect(() => ftruncateSync(ring.fd, 0)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(() => truncateSync(`/proc/self/fd/${ring.fd}`, 2 ** 20)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(() => posix.addSeals(ring.fd, 0)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(statSync(`/proc/self/fd/${ring.fd}`).size).toBe(ring.bytes);
    expect(ring.path).toBeNull();
  });

  it('takes all its memory at once when asked to', () => {
    const ring = make({ subBufBytes: 1024 * 1024, preallocate: true });
    expect(statSync(`/proc/self/fd/${ring.fd}`).blocks * 512).toBeGreaterThanOrEqual(ring.bytes);
  });

  it.skipIf(memoryIsCommitted)('takes memory as it is written to', () => {
    const ring = make({ subBufBytes: 32 * 1024 * 1024 });
    const takenBytes = statSync(`/proc/self/fd/${ring.fd}`).blocks * 512;
    // Huge pages may round up the size of the header.
    expect(takenBytes).toBeLessThan(ring.bytes / 2);
  });

  it('outlives its producer while a descriptor is open; late stores of recorders have no effect', () => {
    const ring = make();
    writeRecord(ring.producer, 100, 7, 5000);
    const consumer = new RingConsumer(open(`/proc/self/fd/${ring.fd}`, ring.bytes));
    const { u8, u32 } = ring.producer;
    ring.close();
    ring.close();
    u8.fill(0xff);
    expect(u32[5]).toBe(0xffff_ffff);
    const taken = consumer.next({ takeOpen: true })!;
    expect(readRecords(taken.bytes)).toEqual([{ bytes: 100, serial: 7, timestamp: 5000 }]);
    consumer.release(taken);
    expect(consumer.counters().recorded).toBe(1);
  });

  it('goes on without its descriptor', () => {
    const ring = make();
    const file = open(`/proc/self/fd/${ring.fd}`, ring.bytes);
    ring.closeFd();
    ring.closeFd();
    expect(writeRecord(ring.producer, 100, 7, 5000)).toBe(true);
    expect(new RingConsumer(file).next({ takeOpen: true })?.recordCount).toBe(1);
  });
});

describe('a ring in a directory', () => {
  it('is a private file of its owner that stays when the ring is closed', () => {
    const ring = make({ directory });
    writeRecord(ring.producer, 100, 7, 5000);
    ring.close();
    expect(ring.path).toBe(join(directory, 'ring'));
    const { mode, size, blocks } = statSync(join(directory, 'ring'));
    expect([mode & 0o777, size]).toEqual([0o600, ring.bytes]);
    expect(blocks * 512).toBeGreaterThanOrEqual(ring.bytes);
    const consumer = new RingConsumer(open(join(directory, 'ring'), ring.bytes));
    expect(consumer.next({ takeOpen: true })?.recordCount).toBe(1);
  });

  it('takes no file that is there already, and follows no link', () => {
    writeFileSync(join(directory, 'ring'), 'mine');
    symlinkSync(join(directory, 'elsewhere'), join(directory, 'link'));
    expect(failure({ directory }).code).toBe('CANNOT_CREATE');
    expect(failure({ directory, name: 'link' }).code).toBe('CANNOT_CREATE');
    expect(failure({ directory: join(directory, 'missing') })).toMatchObject({
      code: 'CANNOT_CREATE',
      message: expect.stringContaining('missing'),
    });
    expect(readFileSync(join(directory, 'ring'), 'utf8')).toBe('mine');
    expect(existsSync(join(directory, 'elsewhere'))).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'reports the needed size and leaves nothing when there is no space (needs root)',
    () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
      try {
        const error = failure({ directory, subBufBytes: 65536 });
        expect(error).toMatchObject({
          code: 'NO_SPACE',
          message: expect.stringContaining(`${ringBytesFor(65536, 2)} bytes`),
        });
        expect(readdirSync(directory)).toEqual([]);
      } finally {
        execFileSync('umount', [directory]);
      }
    },
  );
});

describe('options', () => {
  it.each([
    [{ subBufBytes: 0 }, '0 bytes'],
    [{ subBufBytes: 4000 }, 'multiple of 4096'],
    [{ subBufBytes: 6144 }, 'multiple of 4096'],
    [{ subBufBytes: SUB_BUF_BYTES_MAX + 4096 }, 'up to 268435456'],
    [{ subBufBytes: Number.NaN }, 'NaN bytes'],
    [{ subBufCount: 1 }, '1 sub-buffers'],
    [{ subBufCount: 4097 }, '2 to 4096'],
    [{ subBufBytes: SUB_BUF_BYTES_MAX, subBufCount: 8 }, 'at most 2146435072'],
    [{ uuid: new Uint8Array(15) }, '16 bytes, not 15'],
    [{ name: '' }, 'no name'],
    [{ name: '../ring' }, 'no name'],
    [{ name: '..' }, 'no name'],
    [{ name: 'a\0b' }, 'no name'],
  ])('%o are refused', (options, words) => {
    expect(failure({ directory, ...options })).toMatchObject({
      code: 'BAD_OPTIONS',
      message: expect.stringContaining(words),
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('opening the file of a ring', () => {
  it('refuses a path that is missing, not a file, or not of the announced size', () => {
    const ring = make({ directory });
    posix.mkfifo(join(directory, 'fifo'), 0o600);
    const refused = (name: string, bytes: number) => expect(() => openRingFile(join(directory, name), bytes));
    refused('missing', ring.bytes).toThrow(expect.objectContaining({ code: 'IO' }));
    refused('fifo', ring.bytes).toThrow(expect.objectContaining({ code: 'NOT_A_RING' }));
    refused('ring', ring.bytes + 1).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
    refused('ring', ring.bytes - 1).toThrow(expect.objectContaining({ code: 'UNEXPECTED' }));
  });

  it('a file that shrinks later costs an error', () => {
    const path = join(directory, 'copy');
    const ring = make();
    writeRecord(ring.producer, 4096, 1, 5000);
    writeFileSync(path, readFileSync(`/proc/self/fd/${ring.fd}`));
    const consumer = new RingConsumer(open(path, ring.bytes));
    truncateSync(path, 4096 + 100);
    expect(() => consumer.next({ takeOpen: true })).toThrow(
      expect.objectContaining({ code: 'TRUNCATED', message: expect.stringContaining('ends at byte') }),
    );
    truncateSync(path, 0);
    expect(() => consumer.counters()).toThrow(expect.objectContaining({ code: 'TRUNCATED' }));
  });
});
