import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, type Stats, writevSync } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { ConsumerError } from '../../consumer-error.ts';

/** System calls that write trace files. Tests let them fail, or write less. */
export interface FileCalls {
  /** Writes at `position` and returns the number of bytes written, which may be smaller than the given number. */
  writev(descriptor: number, buffers: readonly Uint8Array[], position: number): number;
  truncate(descriptor: number, bytes: number): void;
}

export const systemCalls: FileCalls = {
  writev: (descriptor, buffers, position) => writevSync(descriptor, buffers as Uint8Array[], position),
  truncate: (descriptor, bytes) => ftruncateSync(descriptor, bytes),
};

/**
 * Opens or makes a file of a trace, private to this user. Refuses a file that another user has put in its place.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED`; or the system's error, `ELOOP` for a symbolic link
 */
export function openTraceFile(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    checkTraceFile(path, fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Makes a file that will replace another one. @throws the system's error, `EEXIST` if the path exists */
export function makeTraceFile(path: string): number {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  return openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

function checkTraceFile(path: string, stats: Stats): void {
  const uid = process.geteuid?.();
  if (!stats.isFile() || stats.uid !== uid) {
    throw new ConsumerError('DIRECTORY_REFUSED', `${path} is not a file of this user`);
  }
  // Where other users may make entries, as beside ring files, they could link any file of root to a name of ours.
  if (uid === 0 && stats.nlink > 1) {
    throw new ConsumerError('DIRECTORY_REFUSED', `${path} is a file with other names (hard links): remove it`);
  }
}

/** Text at the start of a file, at most `bytesMax` bytes; empty if the file is absent. */
export function startOf(path: string, bytesMax: number): string {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return '';
  }
  try {
    const stats = fstatSync(descriptor);
    const bytes = Buffer.alloc(stats.isFile() ? Math.min(stats.size, bytesMax) : 0);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes all of `buffers` at `position`, in as many calls as needed.
 *
 * @throws the system's error; a part may have been written then
 */
export function writeWhole(
  calls: FileCalls,
  descriptor: number,
  buffers: readonly Uint8Array[],
  position: number,
): void {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  let at = position;
  while (rest.length > 0) {
    let written = calls.writev(descriptor, rest, at);
    if (written === 0) throw Object.assign(new Error('a write took nothing'), { code: 'EIO' });
    at += written;
    while (rest.length > 0 && written >= (rest[0] as Uint8Array).length) {
      written -= (rest[0] as Uint8Array).length;
      rest = rest.slice(1);
    }
    if (written > 0) rest = [(rest[0] as Uint8Array).subarray(written), ...rest.slice(1)];
  }
}

/** Closes a descriptor and ignores errors. */
export function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // Every write has been answered before.
  }
}
