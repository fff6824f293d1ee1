import { chmodSync, chownSync, closeSync, constants, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert, describeError } from '@ringtail/base';
import { checkDirectory, ensureDirectory, loadPosix, pathOf, withDirectory } from '@ringtail/posix';
import { DaemonError } from '../model/daemon-error.ts';
import type { Owner } from '../model/owner.ts';

/** Directories of traces in the directory for a session's ring files. */
const OWNERSHIP_DIRECTORIES = ['uid', 'pid'];

/**
 * Makes the directory for a session's ring files (`--shm-path`), so that an error shows when the session is created.
 * The directories of domains below it are made too: after that no other user can put anything in their place, even if
 * all users may make files there.
 *
 * @param domains directories of domains
 * @param uid the daemon's own user
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function prepareShmPath(shmPath: string, domains: readonly string[], uid: number): void {
  try {
    for (const domain of domains.map((name) => join(shmPath, name))) {
      ensureDirectory(domain, { mode: modeAbove(uid), ownBelow: shmPath });
      for (const name of OWNERSHIP_DIRECTORIES) checkDirectory(join(domain, name), { ownBelow: shmPath });
    }
  } catch (error) {
    throw new DaemonError('OUTPUT_NOT_WRITABLE', `cannot use ${shmPath} for ring files: ${describeError(error)}`);
  }
}

/**
 * Makes the directory for the ring files of a trace. The applications of its user make files in it, and the daemon
 * keeps a copy of the metadata there. Another user's group may add files, but neither list nor replace files of others.
 *
 * @param shmPath the session's directory for ring files, which contains `path`
 * @param user whose applications are recorded
 * @param uid the daemon's own user
 * @returns the device of files in it
 * @throws {DirectoryRefused} or the system's error
 */
export function prepareRingDirectory(path: string, shmPath: string, user: Owner, uid: number): string {
  const ownBelow = shmPath;
  ensureDirectory(dirname(path), { mode: modeAbove(uid), ownBelow });
  return withDirectory(path, { mode: 0o700, ownBelow }, (descriptor) => {
    if (user.uid !== uid) {
      chownSync(pathOf(descriptor), uid, user.gid);
      chmodSync(pathOf(descriptor), 0o1730);
    }
    return deviceOfFilesIn(descriptor);
  });
}

/** On overlay file systems, files have other devices than their directory. */
function deviceOfFilesIn(directory: number): string {
  const loaded = loadPosix();
  assert(loaded.ok, 'a session daemon runs only where the system calls are there');
  const { posix } = loaded;
  const probe = join(pathOf(directory), `.probe-${process.pid}`);
  rmSync(probe, { force: true });
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(probe, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    return posix.deviceOf(descriptor);
  } finally {
    closeSync(descriptor);
    rmSync(probe, { force: true });
  }
}

/** A daemon of root has directories of all users below these. */
function modeAbove(uid: number): number {
  return uid === 0 ? 0o711 : 0o700;
}
