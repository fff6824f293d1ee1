import fs from 'node:fs';
import { systemPath } from './file-names.ts';

/** A FIFO in the place of a file would block the reader until a writer comes. */
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

export interface OpenFile {
  readonly fd: number;
  readonly size: number;
  /** Device and inode, which differ from those of another file at the same path. */
  readonly identity: string;
}

/**
 * Opens a file for reading, if it is a regular one: others may have no end, or wait for another process.
 *
 * @throws an error of `node:fs`, or `Error` for anything but a regular file
 */
export function openRegularFile(path: string): OpenFile {
  const fd = fs.openSync(systemPath(path), FLAGS);
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) throw new Error('this is not a regular file');
    return { fd, size: stat.size, identity: `${stat.dev}/${stat.ino}` };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** Reads up to `length` bytes; fewer where the file ends. */
export function readFrom(fd: number, target: Uint8Array, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    const count = fs.readSync(fd, target, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/**
 * Reads a file whole.
 *
 * @returns undefined if it has more bytes than that
 * @throws as `openRegularFile`
 */
export function readWholeFile(path: string, bytesMax: number): Buffer | undefined {
  const { fd, size } = openRegularFile(path);
  try {
    if (size > bytesMax) return undefined;
    const bytes = Buffer.allocUnsafeSlow(size);
    return bytes.subarray(0, readFrom(fd, bytes, size, 0));
  } finally {
    fs.closeSync(fd);
  }
}

/** Undefined where the file cannot be found any more. */
export function sizeOfFile(path: string): number | undefined {
  try {
    return fs.statSync(systemPath(path)).size;
  } catch {
    return undefined;
  }
}
