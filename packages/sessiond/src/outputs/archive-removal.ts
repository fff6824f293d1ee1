import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAbsence } from '@ringtail/base';
import { asUser, type Removal, removeRemains, removeTraces, type WalkOptions } from '@ringtail/posix';
import { DOMAIN_DIRECTORIES, SNAPSHOT_NOTE } from '@ringtail/protocol';
import type { Owner } from '../model/owner.ts';

/** Outcome for an archive. `foreign` is the name of an entry that no session makes: the archive then stays. */
export type ArchiveRemoval = { readonly kind: Removal } | { readonly kind: 'foreign'; readonly name: string };

/** The names that a session makes in an archive or a snapshot. */
const OWN_NAMES: readonly string[] = [...DOMAIN_DIRECTORIES, SNAPSHOT_NOTE];

/**
 * Removes an archive or a snapshot, unless it is being read, or has files that are not of a trace. Completes removals
 * in the same directory whose helper was killed.
 *
 * @param output a person named this directory; below it everything is the session's own. Null: the parent of `path`
 * @throws {DirectoryRefused} or the system's error
 */
export function removeArchive(
  path: string,
  output: string | null,
  owner: Owner,
  onStep: () => void = () => {},
): ArchiveRemoval {
  const options: WalkOptions = output === null ? { followLast: false } : { ownBelow: output };
  return asUser(owner, () => {
    removeRemains(dirname(path), options, onStep);
    const foreign = namesIn(path).find((name) => !OWN_NAMES.includes(name));
    if (foreign !== undefined) return { kind: 'foreign', name: foreign };
    return { kind: removeTraces(path, options, onStep) };
  });
}

/** Bytes of all files in an archive; 0 if it is absent. Links are not followed. */
export function archiveBytes(path: string, owner: Owner, onStep: () => void = () => {}): number {
  const bytesIn = (directory: string): number =>
    namesIn(directory).reduce((sum, name) => {
      onStep();
      const entry = join(directory, name);
      const stats = lstatSync(entry, { throwIfNoEntry: false });
      return sum + (stats?.isDirectory() ? bytesIn(entry) : (stats?.size ?? 0));
    }, 0);
  return asUser(owner, () => (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ? bytesIn(path) : 0));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
