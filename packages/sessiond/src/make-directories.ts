import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '@ringtail/base';

/**
 * Makes a directory with those of its parents that are absent, all with exactly this mode.
 *
 * Not with the `recursive` option of `mkdirSync`, which never returns where a directory cannot be made in a parent that
 * exists and the system says `ENOENT` for it, as below `/proc`.
 *
 * @throws what `mkdirSync` throws.
 */
export function makeDirectories(path: string, mode: number): void {
  try {
    makeDirectory(path, mode);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && isDirectory(path)) return;
    const parent = dirname(path);
    if (errnoOf(error) !== 'ENOENT' || parent === path || isDirectory(parent)) {
      // Parents that may not be written to (a read-only root) refuse even what is there.
      if (isDirectory(path)) return;
      throw error;
    }
    makeDirectories(parent, mode);
    makeDirectory(path, mode);
  }
}

function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { mode });
  // mkdir takes the umask off.
  chmodSync(path, mode);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
