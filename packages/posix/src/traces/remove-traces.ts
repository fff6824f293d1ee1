import { lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isAbsence } from '@ringtail/base';
import { pathOf } from '../directories/descriptor-path.ts';
import { DirectoryRefused } from '../directories/directory-refused.ts';
import { type WalkOptions, withDirectory } from '../directories/directory-walk.ts';
import { lockForRemoval } from './trace-locks.ts';

/**
 * Beginning of the name that a directory gets while it is removed. Such a directory remains if the process is killed
 * meanwhile; readers leave it out.
 */
export const REMOVING_PREFIX = '.ringtail-removing-';

const METADATA = 'metadata';

export type Removal = 'removed' | 'being read' | 'absent';

/**
 * Removes a directory of traces with all that is in it, unless a reader of Ringtail is reading one of them. Links in it
 * are removed, not followed.
 *
 * The directory gets a hidden name first. So a reader finds all of it or nothing.
 *
 * @param path absolute
 * @param options of the walk to the parent directory
 * @param onStep called after each removed file
 * @throws {DirectoryRefused} if it is no directory, and as `withDirectory`; or the system's error
 */
export function removeTraces(path: string, options: Omit<WalkOptions, 'mode'>, onStep: () => void = () => {}): Removal {
  return withDirectory(dirname(path), options, (parent) => {
    const name = basename(path);
    const entry = pathOf(parent, name);
    const stats = lstatSync(entry, { throwIfNoEntry: false });
    if (stats === undefined) return 'absent';
    if (!stats.isDirectory()) throw new DirectoryRefused('DIRECTORY_REFUSED', `${path} is not a directory`);
    const release = lockForRemoval(entry);
    if (release === undefined) return 'being read';
    try {
      const hidden = pathOf(parent, REMOVING_PREFIX + name);
      removeTree(hidden, onStep);
      renameSync(entry, hidden);
      removeTree(hidden, onStep);
      return 'removed';
    } finally {
      release();
    }
  });
}

/** Removes the remains of removals in a directory whose processes were killed. */
export function removeRemains(directory: string, options: Omit<WalkOptions, 'mode'>, onStep?: () => void): void {
  withDirectory(directory, options, (descriptor) => {
    const names = readdirSync(pathOf(descriptor)).filter((name) => name.startsWith(REMOVING_PREFIX));
    for (const name of names) removeTree(pathOf(descriptor, name), onStep);
  });
}

/** Removes metadata before data: what remains of a trace after a crash is no trace. Another process may do the same. */
function removeTree(directory: string, onStep: () => void = () => {}): void {
  unlessAbsent(() => {
    const entries = readdirSync(directory, { withFileTypes: true });
    const isMetadata = (name: string) => Number(name === METADATA);
    for (const entry of entries.sort((a, b) => isMetadata(b.name) - isMetadata(a.name))) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) removeTree(path, onStep);
      else unlessAbsent(() => unlinkSync(path));
      onStep();
    }
    rmdirSync(directory);
  });
}

function unlessAbsent(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
