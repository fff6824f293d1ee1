import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@ringtail/base';
import { asUser, checkDirectory } from '@ringtail/posix';
import { STATE_DIRECTORY } from '@ringtail/protocol';
import type { Owner } from '../model/owner.ts';

/** The directory has other content: it may be a user's own `.ringtail`. */
const STAYS = new Set<string | undefined>(['ENOTEMPTY', 'EEXIST']);

/**
 * Removes the checkpoints of a destroyed session's traces, which only its consumers needed.
 *
 * @param uuids of the traces
 * @throws {DirectoryRefused} if a link, or a directory of another user, has the name; or the system's error
 * @param onRemoved called after each file: there may be thousands
 */
export function removeCheckpoints(
  output: string,
  uuids: readonly string[],
  owner: Owner,
  onRemoved: () => void = () => {},
): void {
  const directory = join(output, STATE_DIRECTORY);
  asUser(owner, () => {
    if (!checkDirectory(directory, { ownBelow: output })) return;
    for (const uuid of uuids) removeAllIn(join(directory, uuid), onRemoved);
    removeIfEmpty(directory);
  });
}

/** A consumer makes only files in the directory of a trace. */
function removeAllIn(path: string, onRemoved: () => void): void {
  if (isDirectory(path)) {
    for (const name of readdirSync(path)) {
      rmSync(join(path, name), { recursive: true, force: true });
      onRemoved();
    }
  }
  rmSync(path, { recursive: true, force: true });
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!STAYS.has(errnoOf(error))) throw error;
  }
}
