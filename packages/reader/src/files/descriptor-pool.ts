import fs from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { openRegularFile } from './regular-file.ts';

/**
 * Most files of traces that are open at a time. A trace may have thousands of data streams, and a process as few as a
 * thousand descriptors. Opening a file again costs little beside reading a chunk of it.
 */
export const OPEN_FILES_MAX = 32;

/** Fewer where the process has no more descriptors: files that are written need some too. */
let openMax = OPEN_FILES_MAX;

/** A file that is opened when it is read, and closed when others need its descriptor. */
interface PooledFile {
  readonly path: string;
  /** Of the file that was opened first. */
  identity: string | undefined;
}

/** Open files; the file that was used last is at the end. */
const open = new Map<PooledFile, number>();

/**
 * The descriptor of a file, opened if it is not.
 *
 * @throws an error of `node:fs`, or `Error` if this is not a regular file any more, or another one
 */
export function descriptorOf(file: PooledFile): number {
  const known = open.get(file);
  if (known !== undefined) {
    open.delete(file);
    open.set(file, known);
    return known;
  }
  closeDownTo(openMax - 1);
  const fd = openFile(file);
  open.set(file, fd);
  return fd;
}

export function closeDescriptorOf(file: PooledFile): void {
  const fd = open.get(file);
  if (fd === undefined) return;
  open.delete(file);
  fs.closeSync(fd);
}

function openFile(file: PooledFile): number {
  for (;;) {
    try {
      const { fd, identity } = openRegularFile(file.path);
      file.identity ??= identity;
      if (file.identity === identity) return fd;
      fs.closeSync(fd);
      throw new Error('another file took the place of this one while it was read');
    } catch (error) {
      const isFull = ['EMFILE', 'ENFILE'].includes(errnoOf(error) ?? '');
      if (!isFull || open.size === 0) throw error;
      openMax = Math.ceil(open.size / 2);
      closeDownTo(openMax - 1);
    }
  }
}

/** Closes the files that were not used for the longest time. */
function closeDownTo(count: number): void {
  for (const [file] of open) {
    if (open.size <= count) return;
    closeDescriptorOf(file);
  }
}
