import { lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { ConsumerError } from '../../consumer-error.ts';

/** Suffix of the directory of a snapshot that is not whole. It has no metadata, so no reader takes it for a trace. */
const PARTIAL_SUFFIX = '.partial';

/** The directory in which a snapshot is written before it gets its name. */
export function partialOf(directory: string): string {
  return `${directory}${PARTIAL_SUFFIX}`;
}

/** Whether there is a directory of this name with anything in it. */
export function isInUse(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Gives a whole snapshot its name, in one step. It replaces an empty directory of that name. */
export function nameWhole(directory: string): void {
  renameSync(partialOf(directory), directory);
}

/** Removes the empty directory that may have been made for an abandoned snapshot. */
export function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // The directory does not exist, or it is not empty.
  }
}

/**
 * Removes the remains of an unfinished snapshot, if there are any.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED` if something else is in its place; or the system's error
 */
export function removePartial(directory: string): void {
  const partial = partialOf(directory);
  const stats = lstatSync(partial, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory() || stats.uid !== process.geteuid?.()) {
    throw new ConsumerError('DIRECTORY_REFUSED', `${partial} is not a directory of this user`);
  }
  rmSync(partial, { recursive: true });
}
