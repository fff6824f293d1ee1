import { type Dirent, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@ringtail/base';
import { asUser, checkDirectory } from '@ringtail/posix';
import type { Owner } from '../model/session.ts';

/** What every trace has that has no data stream yet. */
const METADATA = 'metadata';

/**
 * Removes the trace chunk that begins with the last rotation of a session, if nothing was recorded into it: a session that
 * has everything in archives leaves nothing beside them, as LTTng's.
 *
 * @throws {DirectoryRefused} if somebody else's directory, or a link, is in the place of ours; or the system's error
 */
export function removeEmptyChunk(output: string, owner: Owner): void {
  const chunk = join(output, 'ust');
  asUser(owner, () => {
    if (checkDirectory(chunk, { ownBelow: output }) && isEmpty(chunk)) rmSync(chunk, { recursive: true, force: true });
  });
}

function isEmpty(directory: string): boolean {
  return entriesOf(directory).every((entry) => {
    if (entry.isDirectory()) return isEmpty(join(directory, entry.name));
    return entry.isFile() && entry.name === METADATA;
  });
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
