import { lstatSync, type Stats } from 'node:fs';
import { errnoOf } from '@ringtail/base';

/**
 * Attributes of a path; a link is not followed. Undefined if the path does not exist, also because a directory above it
 * is missing, is a file, or is a loop of links.
 *
 * @throws other errors of the system: the path may exist
 */
export function lstatIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOTDIR' || errno === 'ELOOP') return undefined;
    throw error;
  }
}
