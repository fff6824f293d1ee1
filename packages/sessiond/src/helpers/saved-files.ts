import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkDirectory } from '@ringtail/posix';
import { readSessionFile } from '@ringtail/session-file/read';

const SUFFIX = '.lttng';

/**
 * Files of saved sessions at a path. An absent default directory counts as empty; an absent named path is an error.
 *
 * @throws {DirectoryRefused} if it was not named, and another user could decide what root records; or the system's
 *   error
 */
export function findSessionFiles(path: string, named: boolean): readonly string[] {
  if (!named && !checkDirectory(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith(SUFFIX));
  return names.sort().map((name) => join(path, name));
}

/** @param ownerUid user to whom the file has to belong; null: any user */
export function readSavedText(path: string, ownerUid: number | null): string {
  return readSessionFile(path, ownerUid ?? undefined);
}
