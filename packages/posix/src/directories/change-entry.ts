import { chmodSync, chownSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { O_PATH, pathOf } from './descriptor-path.ts';
import { DirectoryRefused } from './directory-refused.ts';

/**
 * Gives a socket or a FIFO that this process has just made another mode, and another group. Both are changed by a descriptor of
 * the entry itself: if something else is in its place by now, that is left alone.
 *
 * @throws {DirectoryRefused} or the system's error
 */
export function changeEntry(path: string, { mode, gid }: { readonly mode: number; readonly gid?: number }): void {
  const descriptor = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(descriptor);
    const uid = process.geteuid?.() ?? stats.uid;
    if (stats.uid !== uid || !(stats.isSocket() || stats.isFIFO())) {
      throw new DirectoryRefused('DIRECTORY_REFUSED', `${path} is not a socket or a FIFO of this user (user ${uid})`);
    }
    if (gid !== undefined) chownSync(pathOf(descriptor), uid, gid);
    chmodSync(pathOf(descriptor), mode);
  } finally {
    closeSync(descriptor);
  }
}
