import { chmodSync, chownSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { O_PATH, pathOf } from './descriptor-path.ts';
import { DirectoryRefused } from './directory-refused.ts';

/**
 * Changes the mode and the group of a socket or a FIFO that this process has just made, through a descriptor of the
 * entry itself: a file that has replaced it meanwhile stays as it is.
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
