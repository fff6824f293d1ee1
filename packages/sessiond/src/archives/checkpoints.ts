import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@ringtail/base';
import { asUser, checkDirectory } from '@ringtail/posix';
import { STATE_DIRECTORY } from '@ringtail/protocol';
import type { Owner } from '../model/session.ts';

/** Something else is in the directory: it may be a user's own `.ringtail` as well. */
const STAYS = new Set<string | undefined>(['ENOTEMPTY', 'EEXIST']);

/**
 * Removes what consumers noted for each other of the traces of a session that is destroyed: nobody will ask for it any more.
 *
 * @param uuids of the traces
 * @throws {DirectoryRefused} if somebody else's directory, or a link, is in the place of ours; or the system's error
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

/** A consumer makes nothing but files in the directory of a trace. */
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
