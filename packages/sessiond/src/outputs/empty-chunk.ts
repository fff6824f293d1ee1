import { type Dirent, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@ringtail/base';
import { asUser, checkDirectory } from '@ringtail/posix';
import { DOMAIN_DIRECTORIES } from '@ringtail/protocol';
import type { Owner } from '../model/owner.ts';

/** Files of a trace without data streams. */
const METADATA = 'metadata';

/**
 * Removes the trace chunk that began with a session's last rotation if nothing was recorded into it. As with LTTng, a
 * session whose events are all in archives leaves nothing beside them.
 *
 * @throws {DirectoryRefused} if a link, or a directory of another user, has the name; or the system's error
 */
export function removeEmptyChunk(output: string, owner: Owner): void {
  asUser(owner, () => {
    const chunk = DOMAIN_DIRECTORIES.map((name) => join(output, name)).filter((directory) =>
      checkDirectory(directory, { ownBelow: output }),
    );
    if (chunk.every(isEmpty)) for (const directory of chunk) rmSync(directory, { recursive: true, force: true });
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
