import { chmodSync, chownSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError } from '@ringtail/base';
import { checkDirectory, ensureDirectory, pathOf, withDirectory } from '@ringtail/posix';
import { DaemonError } from './daemon-error.ts';
import type { Owner } from './session.ts';

/** What a session has in the directory for its ring files, and what is in there. */
const DOMAIN_DIRECTORY = 'ust';
const OWNERSHIP_DIRECTORIES = ['uid', 'pid'];

/**
 * Makes the directory for a session's ring files (`--shm-path`), so that a reason why it cannot be used is given when the
 * session is created. The directory below it is made too: nobody else can put anything in its place then, even where anybody
 * may make files.
 *
 * @param uid the daemon's own user
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function prepareShmPath(shmPath: string, uid: number): void {
  const domain = join(shmPath, DOMAIN_DIRECTORY);
  try {
    ensureDirectory(domain, { mode: modeAbove(uid), ownBelow: shmPath });
    for (const name of OWNERSHIP_DIRECTORIES) checkDirectory(join(domain, name), { ownBelow: shmPath });
  } catch (error) {
    throw new DaemonError('OUTPUT_NOT_WRITABLE', `cannot use ${shmPath} for ring files: ${describeError(error)}`);
  }
}

/**
 * Makes the directory for the ring files of a trace: its user's applications make files in it, and we keep a copy of the
 * metadata there. A user other than ours may add files, through its group, but neither list nor replace what is not its own.
 *
 * @param shmPath what the session was given, in which it is
 * @param user whose applications are recorded
 * @param uid the daemon's own user
 * @throws {DirectoryRefused} or the system's error
 */
export function prepareRingDirectory(path: string, shmPath: string, user: Owner, uid: number): void {
  const ownBelow = shmPath;
  ensureDirectory(dirname(path), { mode: modeAbove(uid), ownBelow });
  withDirectory(path, { mode: 0o700, ownBelow }, (descriptor) => {
    if (user.uid === uid) return;
    chownSync(pathOf(descriptor), uid, user.gid);
    chmodSync(pathOf(descriptor), 0o1730);
  });
}

/** Root's daemon has directories for every user, who come through those above theirs. */
function modeAbove(uid: number): number {
  return uid === 0 ? 0o711 : 0o700;
}
