import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { loadPosix } from '@ringtail/posix';
import { memoryIsCommitted } from '../committed-memory.ts';
import { RingError } from '../ring-error.ts';

/** Unit of `Stats.blocks`. */
const BLOCK_BYTES = 512;

/** Memory of a ring as its consumer reaches it: a file, or a buffer of a test. */
export interface RingStorage {
  /** Size of the ring's file. */
  readonly bytes: number;
  /** Fills `target` from byte offset `position` on. @throws {RingError} `TRUNCATED`, `IO` */
  read(target: Uint8Array, position: number): void;
  /** Writes all of `source`. @throws {RingError} `IO` */
  write(source: Uint8Array, position: number): void;
  /**
   * Gives memory back to the system; afterwards it reads as zeros. Absent where a later store could then fail, as in a
   * file.
   *
   * @returns the number of bytes
   * @throws {RingError} `IO`
   */
  giveBack?(position: number, bytes: number): number;
}

/** The same ring, for a consumer that leaves it as it is: its stores have no effect. */
export function unmoved(storage: RingStorage): RingStorage {
  return { bytes: storage.bytes, read: (target, position) => storage.read(target, position), write: () => {} };
}

export interface RingFile extends RingStorage {
  close(): void;
}

/**
 * Opens the file of a ring. It belongs to another process and may be anything.
 *
 * @param bytes the announced size
 * @throws {RingError} `IO`, `NOT_A_RING`, `TRUNCATED`, `UNEXPECTED`
 */
export function openRingFile(path: string, bytes: number): RingFile {
  let fd: number;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for its other end.
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    throw ioError('open', path, error);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new RingError('NOT_A_RING', `${path} is not a regular file`);
    if (stats.size !== bytes) {
      const code = stats.size < bytes ? 'TRUNCATED' : 'UNEXPECTED';
      throw new RingError(code, `${path} has ${stats.size} bytes, a ring of ${bytes} was announced`);
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { bytes, ...fileAccess(fd, path), ...anonymousMemory(fd, path), close: () => closeSync(fd) };
}

/**
 * Memory of a memfd comes page by page and can be given back. Memory of a file stays: a later store could meet a full
 * disk.
 */
function anonymousMemory(fd: number, path: string): Pick<RingStorage, 'giveBack'> {
  if (fstatSync(fd).nlink !== 0 || memoryIsCommitted()) return {};
  const loaded = loadPosix();
  if (!loaded.ok) return {};
  const { posix } = loaded;
  return {
    giveBack(position, bytes) {
      const blocksBefore = fstatSync(fd).blocks;
      try {
        posix.punchHole(fd, position, bytes);
      } catch (error) {
        throw ioError('give back memory of', path, error);
      }
      return Math.max(0, blocksBefore - fstatSync(fd).blocks) * BLOCK_BYTES;
    },
  };
}

function fileAccess(fd: number, path: string): Pick<RingStorage, 'read' | 'write'> {
  return {
    read(target, position) {
      for (let done = 0; done < target.length; ) {
        let count: number;
        try {
          count = readSync(fd, target, done, target.length - done, position + done);
        } catch (error) {
          throw ioError('read', path, error);
        }
        if (count === 0) throw new RingError('TRUNCATED', `${path} ends at byte ${position + done}, within the ring`);
        done += count;
      }
    },

    write(source, position) {
      for (let done = 0; done < source.length; ) {
        try {
          done += writeSync(fd, source, done, source.length - done, position + done);
        } catch (error) {
          throw ioError('write', path, error);
        }
      }
    },
  };
}

function ioError(call: string, path: string, cause: unknown): RingError {
  return new RingError('IO', `cannot ${call} ring ${path}: ${(cause as Error).message}`, { cause });
}
