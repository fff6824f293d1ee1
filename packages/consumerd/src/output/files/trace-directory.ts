import { join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { checkDirectory, DirectoryRefused, ensureDirectory } from '@ringtail/posix';
import { STATE_DIRECTORY } from '@ringtail/protocol';
import { ConsumerError } from '../../consumer-error.ts';

/**
 * Makes a directory for trace files, or checks that it belongs to this user. Missing components of the path are made
 * with mode 0700.
 *
 * Everything below `output` belongs to this user and is no symbolic link. `output` was named by a person: it may be
 * reached through links, but must belong to this user or to root. "This user" is the effective user: see `asUser`.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED`, or `NOT_WRITTEN` if it cannot be made.
 */
export function ensureTraceDirectory(path: string, output: string): void {
  inWalk(path, () => ensureDirectory(path, { mode: 0o700, ownBelow: output }));
}

/**
 * Makes or checks a directory of a snapshot. The parent may belong to any user, as long as this user may write to it.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED`, or `NOT_WRITTEN` if it cannot be made.
 */
export function ensureSnapshotDirectory(path: string, parent: string): void {
  inWalk(path, () => ensureDirectory(path, { mode: 0o700, ownBelow: parent, isShared: true }));
}

/**
 * Checks a directory of ours below a session's output, before something in it is changed or removed.
 *
 * @returns whether it exists
 * @throws {ConsumerError} `DIRECTORY_REFUSED` if another user has put something in its place, `NOT_WRITTEN`
 */
export function checkTraceDirectory(path: string, output: string): boolean {
  return inWalk(path, () => checkDirectory(path, { ownBelow: output }));
}

/** Directory of the checkpoints of a trace. */
export function stateDirectoryOf(output: string, uuid: string): string {
  return join(output, STATE_DIRECTORY, uuid);
}

function inWalk<T>(path: string, walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (error instanceof DirectoryRefused || errno === 'ENOTDIR' || errno === 'ELOOP') {
      throw new ConsumerError('DIRECTORY_REFUSED', describeError(error), { cause: error });
    }
    throw new ConsumerError('NOT_WRITTEN', `cannot use the directory ${path}: ${describeError(error)}`, {
      cause: error,
    });
  }
}
