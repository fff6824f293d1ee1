import { lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { ConsumerError } from '../consumer-error.ts';

/** Until a snapshot is whole, its directory has this after its name, and no metadata: no reader takes it for a trace. */
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

/** Gives a snapshot that is whole its name, in one step. An empty directory of that name gives way. */
export function nameWhole(directory: string): void {
  renameSync(partialOf(directory), directory);
}

/** Removes the empty directory that may have been made for a snapshot that does not come. */
export function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // There is none, or something else of that name is there.
  }
}

/**
 * Removes what is left of a snapshot that was not finished, if there is anything.
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
