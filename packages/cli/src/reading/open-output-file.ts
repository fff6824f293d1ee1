import { lstatSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DirectoryRefused, pathOf, withDirectory } from '@ringtail/posix';

/** Mode of a new file, which holds recorded data. */
const PRIVATE_MODE = 0o600;

/**
 * Opens a file for writing: a new private file, or an existing file, which is emptied. Root writes to no file of
 * another user, and through no link of another user.
 *
 * @throws {DirectoryRefused} or the system's error
 */
export function openOutputFile(path: string): number {
  if (process.getuid?.() !== 0) return openSync(path, 'w', PRIVATE_MODE);
  return withDirectory(dirname(path), {}, (directory) => {
    const entry = pathOf(directory, basename(path));
    const uid = lstatSync(entry, { throwIfNoEntry: false })?.uid;
    if (uid !== undefined && uid !== 0) {
      throw new DirectoryRefused(
        'DIRECTORY_REFUSED',
        `${path} belongs to user ${uid}: choose another name, or remove it`,
      );
    }
    return openSync(entry, uid === undefined ? 'wx' : 'w', PRIVATE_MODE);
  });
}
