import { accessSync, closeSync, constants, mkdirSync, openSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { makeDirectories } from '@ringtail/base/files';
import { asUser, loadPosix, PosixError } from '@ringtail/posix';
import { DaemonError } from './daemon-error.ts';
import type { Owner } from './session.ts';

/** A directory that one session writes to, and no other session of any daemon until it is released. */
export interface ClaimedOutput {
  readonly path: string;
  release(): void;
}

/** What a session writes into its output directory, here and in LTTng. */
const TRACE_DIRECTORIES = ['ust', 'archives'];

/**
 * Makes an output directory where it is absent, so that a reason why it cannot be used is given when the session is created.
 * It belongs to the session's owner, who must be able to write to it.
 *
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function prepareOutput(path: string, owner: Owner): void {
  writing(path, owner, () => {
    makeDirectories(path, 0o700);
    accessSync(path, constants.W_OK | constants.X_OK);
  });
}

/**
 * Claims a session's output directory: the wanted one where it is free, whatever other files are in it. Where it holds a
 * trace or another session writes to it, a new directory in it: files of two sessions are never in one place.
 *
 * @param inUse a session of this daemon is known to write to the wanted directory
 * @param name of the new directory; a number is added where there is one of that name
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function claimOutput(
  wanted: string,
  { owner, inUse, name }: { readonly owner: Owner; readonly inUse: boolean; readonly name: string },
): ClaimedOutput {
  prepareOutput(wanted, owner);
  const claim = inUse || holdsTrace(wanted, owner) ? undefined : lock(wanted, owner);
  if (claim !== undefined) return claim;
  for (let count = 1; ; count++) {
    const path = join(wanted, count === 1 ? name : `${name}-${count}`);
    const own = makeOwnDirectory(path, owner) ? lock(path, owner) : undefined;
    if (own !== undefined) return own;
  }
}

/**
 * Makes a new directory and its missing parents.
 *
 * @returns false if something of that name is there.
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function makeOwnDirectory(path: string, owner: Owner): boolean {
  return writing(path, owner, () => {
    makeDirectories(dirname(path), 0o700);
    try {
      mkdirSync(path, { mode: 0o700 });
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Directories without anything in them are left by a session that recorded nothing: there is nothing to mix with. */
function holdsTrace(path: string, owner: Owner): boolean {
  return asUser(owner, () => TRACE_DIRECTORIES.some((name) => !isEmptyOrAbsent(join(path, name))));
}

function isEmptyOrAbsent(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch (error) {
    return errnoOf(error) === 'ENOENT';
  }
}

/**
 * The kernel drops the lock with the daemon, however it ends. Where a directory cannot be locked, as on NFS, the choice is
 * left to what this daemon knows of its sessions.
 *
 * @returns undefined if another session has the lock
 */
function lock(path: string, owner: Owner): ClaimedOutput | undefined {
  const { O_RDONLY, O_DIRECTORY } = constants;
  const loaded = loadPosix();
  let descriptor: number | undefined;
  const release = () => {
    if (descriptor !== undefined) closeSync(descriptor);
  };
  try {
    descriptor = asUser(owner, () => openSync(path, O_RDONLY | O_DIRECTORY));
    if (loaded.ok && !loaded.posix.tryLock(descriptor)) {
      release();
      return undefined;
    }
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof PosixError)) throw error;
  }
  return { path, release };
}

function writing<T>(path: string, owner: Owner, action: () => T): T {
  try {
    return asUser(owner, action);
  } catch (error) {
    throw new DaemonError('OUTPUT_NOT_WRITABLE', `cannot write to ${path}: ${describeError(error)}`);
  }
}
