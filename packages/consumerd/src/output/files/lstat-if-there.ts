import { lstatSync, type Stats } from 'node:fs';
import { errnoOf } from '@ringtail/base';

/**
 * What is at a path, without following a link there. Undefined if nothing is, also where a directory above it is missing, has
 * become a file, or is a loop of links.
 *
 * @throws the system's other errors: there may be something
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
