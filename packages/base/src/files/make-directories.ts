import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../error.ts';

/**
 * Makes a directory and its missing parents.
 *
 * Does not use the `recursive` option of `mkdirSync`. That never returns where a directory cannot be made in an
 * existing parent and the system answers `ENOENT`, as below `/proc`. On a read-only file system it fails with `ENOENT`.
 *
 * @param mode of the new directories, less the umask
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
    // A parent on a read-only file system refuses to make a directory that exists already.
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
