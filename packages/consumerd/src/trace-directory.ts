import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { errnoOf } from '@ringtail/base';
import { STATE_DIRECTORY } from '@ringtail/protocol';
import { ConsumerError } from './consumer-error.ts';

/** Where a trace of one user or one process lies below its session's output directory. */
const LAYOUT = /\/ust\/(uid\/[0-9]+\/(32|64)-bit|pid\/[^/]+)$/;

/**
 * Makes sure that a directory for trace files exists and is a directory of this user. What is missing of the path is
 * created with mode 0700.
 *
 * The directory itself and, where the path has LTTng's layout, the components of that layout are ours, and so is all below
 * `output` where that is given: no symbolic links, owned by this user. The session's output directory above them was named by a person: it may be reached through links, but
 * must belong to this user or to root. "This user" is the effective one: see `asUser`.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED`, or `NOT_WRITTEN` if it cannot be made.
 */
export function ensureTraceDirectory(path: string, output?: string): void {
  const components = componentsOf(path);
  const layout = LAYOUT.exec(path)?.[0];
  const oursFrom =
    output === undefined ? components.length - componentsOf(layout ?? 'one').length : componentsOf(output).length;
  let current: string = sep;
  components.forEach((component, idx) => {
    current = join(current, component);
    if (createDirectory(current)) return;
    if (idx >= oursFrom) checkOwnDirectory(current);
    else if (layout !== undefined && idx === oursFrom - 1) checkOwner(current, statSync(current).uid, true);
  });
}

/**
 * Refuses a session's output directory in which somebody else has put what is to be ours.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED`
 */
export function checkStateDirectory(output: string): void {
  const path = join(output, STATE_DIRECTORY);
  if (lstatOrUndefined(path) !== undefined) checkOwnDirectory(path);
}

/** Where the checkpoints of a trace are. */
export function stateDirectoryOf(output: string, uuid: string): string {
  return join(output, STATE_DIRECTORY, uuid);
}

function componentsOf(path: string): string[] {
  return path.split(sep).filter((component) => component !== '');
}

/** Makes one directory; false if something of that name is there. */
function createDirectory(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    // A parent that is there but may not be written to (/, /home) answers EROFS or EACCES for what exists in it.
    if (lstatOrUndefined(path) !== undefined) return false;
    throw new ConsumerError('NOT_WRITTEN', `cannot create the directory ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function checkOwnDirectory(path: string): void {
  const stats = lstatOrUndefined(path);
  if (stats?.isSymbolicLink()) throw new ConsumerError('DIRECTORY_REFUSED', `${path} is a symbolic link`);
  if (!stats?.isDirectory()) throw new ConsumerError('DIRECTORY_REFUSED', `${path} is not a directory`);
  checkOwner(path, stats.uid, false);
}

function checkOwner(path: string, uid: number, mayBeRoot: boolean): void {
  if (uid === process.geteuid?.() || (mayBeRoot && uid === 0)) return;
  throw new ConsumerError('DIRECTORY_REFUSED', `${path} belongs to somebody else (user ${uid})`);
}

function lstatOrUndefined(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
