import { closeSync, constants, ftruncateSync, openSync, writevSync } from 'node:fs';

/** The system calls that write trace files, passed in so that tests can let them fail or write less. */
export interface FileOutput {
  /** Writes at `position` and returns how many bytes were taken, which may be fewer than given. */
  writev(descriptor: number, buffers: readonly Uint8Array[], position: number): number;
  truncate(descriptor: number, bytes: number): void;
}

export const systemOutput: FileOutput = {
  writev: (descriptor, buffers, position) => writevSync(descriptor, buffers as Uint8Array[], position),
  truncate: (descriptor, bytes) => ftruncateSync(descriptor, bytes),
};

/** Private to this user, and never through a symbolic link that somebody left in its place. */
export function openTraceFile(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
}

/**
 * Writes all of `buffers` at `position`, however many calls it takes.
 *
 * @throws the system's error; a part may have been written then.
 */
export function writeWhole(
  output: FileOutput,
  descriptor: number,
  buffers: readonly Uint8Array[],
  position: number,
): void {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  let at = position;
  while (rest.length > 0) {
    let written = output.writev(descriptor, rest, at);
    if (written === 0) throw Object.assign(new Error('a write took nothing'), { code: 'EIO' });
    at += written;
    while (rest.length > 0 && written >= (rest[0] as Uint8Array).length) {
      written -= (rest[0] as Uint8Array).length;
      rest = rest.slice(1);
    }
    if (written > 0) rest = [(rest[0] as Uint8Array).subarray(written), ...rest.slice(1)];
  }
}

/** Closes a descriptor whose content no longer matters to anybody. */
export function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // Nothing of ours was in flight: every write has already answered.
  }
}
