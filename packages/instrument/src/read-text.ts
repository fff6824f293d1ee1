import fs from 'node:fs';

// As they are before the program's first line: programs and instruments replace them later.
const { closeSync, constants, fstatSync, openSync, readSync } = fs;

/** Reads a regular file of at most this length. Never blocks and never throws. @returns undefined if it is none */
export function readText(path: string, bytesMax: number): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile() || status.size > bytesMax) return undefined;
    const bytes = Buffer.alloc(status.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    return bytes.toString('utf8', 0, length);
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
