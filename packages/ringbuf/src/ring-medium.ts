import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { RingError } from './ring-error.ts';

/** Where a consumer reads a ring from. Tests put a hook here; everybody else a file. */
export interface RingMedium {
  /** Size of the ring's file. */
  readonly bytes: number;
  /** Fills `target` from byte offset `position` on. @throws {RingError} `TRUNCATED`, `IO` */
  read(target: Uint8Array, position: number): void;
  /** Writes all of `source`. @throws {RingError} `IO` */
  write(source: Uint8Array, position: number): void;
}

/** The same ring, for a consumer that leaves it as it is: what it stores of its position goes nowhere. */
export function unmoved(medium: RingMedium): RingMedium {
  return { bytes: medium.bytes, read: (target, position) => medium.read(target, position), write: () => {} };
}

export interface RingFile extends RingMedium {
  close(): void;
}

/**
 * Opens the file of a ring, which belongs to somebody else and may be anything.
 *
 * @param bytes the size that was announced
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
  return { bytes, ...fileAccess(fd, path), close: () => closeSync(fd) };
}

function fileAccess(fd: number, path: string): Pick<RingMedium, 'read' | 'write'> {
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
