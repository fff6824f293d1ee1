import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@ringtail/base';
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

/**
 * The output of a saved session whose former trace is still there: beside the trace, with a new date in its name. Null
 * if the session can write to the same directory.
 */
export function freshOutput(output: string, date: string): string | null {
  if (!hasTrace(output)) return null;
  const dated = `${output.replace(/-\d{8}-\d{6}(-\d+)?$/, '')}-${date}`;
  // A daemon that is killed and started again within a second finds the directory that it made before.
  let fresh = dated;
  for (let count = 2; hasTrace(fresh); count++) fresh = `${dated}-${count}`;
  return fresh;
}

function hasTrace(output: string): boolean {
  try {
    return readdirSync(output).length > 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
