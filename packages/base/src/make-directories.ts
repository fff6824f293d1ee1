import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './error.ts';

/**
 * Makes a directory and its missing parents.
 *
 * Not with the `recursive` option of `mkdirSync`, which never returns where a directory cannot be made in a parent that
 * exists and the system says `ENOENT` for it, as below `/proc`; and which says `ENOENT` on a read-only file system.
 *
 * @param mode of the directories that are made, less the umask
 * @throws the system's error, for the topmost directory that cannot be made
 */
export function makeDirectories(path: string, mode?: number): void {
  const error = makeDirectory(path, mode);
  if (error === undefined) return;
  const parent = dirname(path);
  if (errnoOf(error) !== 'ENOENT' || parent === path || isDirectory(parent)) throw error;
  makeDirectories(parent, mode);
  const remaining = makeDirectory(path, mode);
  if (remaining !== undefined) throw remaining;
}

/** Makes one directory. @returns why it is not there */
function makeDirectory(path: string, mode: number | undefined): unknown {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    // Parents that may not be written to (a read-only root) refuse even what is there.
    return isDirectory(path) ? undefined : error;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
