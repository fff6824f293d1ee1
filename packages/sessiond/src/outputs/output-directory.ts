import { accessSync, closeSync, constants, openSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import {
  asUser,
  checkDirectory,
  DirectoryRefused,
  loadPosix,
  makeDirectory,
  PosixError,
  pathOf,
  type WalkOptions,
  withDirectory,
} from '@ringtail/posix';
import { DOMAIN_DIRECTORIES } from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';
import type { Owner } from '../model/owner.ts';

/** A directory that no other session of any daemon writes to until the descriptor is closed. */
export interface ClaimedOutput {
  readonly path: string;
  /** Holds the lock; undefined if the directory cannot be opened. */
  readonly descriptor: number | undefined;
}

/** How `claimOutput` chooses a directory. */
export interface ClaimOptions {
  readonly owner: Owner;
  /** Whether a session of this daemon is known to write to the wanted directory. */
  readonly inUse: boolean;
  /** Name of the session, for a new directory. */
  readonly name: string;
  /** `YYYYmmdd-HHMMSS`, for a new directory. */
  readonly date: string;
  /** Whether a new directory is beside the wanted one, as for a restored session. */
  readonly beside: boolean;
}

/** Date in the name of an output directory, and the number behind it. */
const DATE = /-\d{8}-\d{6}(-\d+)?$/;

/** Directory of archives in an output directory, as in LTTng. */
export const ARCHIVES_DIRECTORY = 'archives';
/** Directories that a session makes in its output directory, here and in LTTng. */
const TRACE_DIRECTORIES = [...DOMAIN_DIRECTORIES, ARCHIVES_DIRECTORY];

/** Opens a file without a name; the error codes are those of file systems without such files. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
const LACKS_TMPFILE = new Set<string | undefined>(['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'ENOENT', 'EINVAL']);

/** Mode of new directories. */
const MODE = 0o700;

/**
 * Makes an output directory if it is absent, so that an error shows when the session is created. The session's owner
 * must be able to write to it, and no other user to replace it or to put links into it.
 *
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function prepareOutput(path: string, owner: Owner): void {
  writing(path, owner, () => {
    withDirectory(path, { mode: MODE, ownBelow: path }, checkWritable);
    for (const name of TRACE_DIRECTORIES) checkReplaceable(join(path, name));
  });
}

/**
 * Makes a directory for snapshots if it is absent. It may not be a link, since each snapshot walks to it again.
 *
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function prepareSnapshotOutput(path: string, owner: Owner): void {
  writing(path, owner, () => withDirectory(path, { mode: MODE, followLast: false }, checkWritable));
}

/**
 * Makes the directory of a domain in an output directory. Every session that was started has one for each domain in
 * which it has a channel.
 *
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function prepareDomainDirectory(name: string, output: string, owner: Owner): void {
  writing(output, owner, () => {
    withDirectory(join(output, name), { mode: MODE, ownBelow: output }, checkWritable);
  });
}

/**
 * Claims a session's output directory: the wanted one if it is free, whatever other files are in it. If it holds a
 * trace or another session writes to it, a new directory: two sessions never share a directory.
 *
 * A directory beside the wanted one has its name with a new date. If the owner cannot make it, or the wanted one is a
 * mount point, the new directory is in the wanted one, with the session's name and the date.
 *
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function claimOutput(wanted: string, options: ClaimOptions): ClaimedOutput {
  const { owner, inUse, name, date, beside } = options;
  prepareOutput(wanted, owner);
  const claim = inUse || holdsTrace(wanted, owner) ? undefined : lock(wanted, owner);
  if (claim !== undefined) return claim;
  if (beside && !isMountPoint(wanted, owner)) {
    try {
      return claimNew(`${wanted.replace(DATE, '')}-${date}`, owner, {});
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
    }
  }
  return claimNew(join(wanted, `${name}-${date}`), owner, { ownBelow: wanted });
}

/** Makes a directory and claims it. A number is appended if the name is taken. @throws {DaemonError} */
function claimNew(path: string, owner: Owner, parent: Omit<WalkOptions, 'mode'>): ClaimedOutput {
  for (let count = 1; ; count++) {
    const numbered = count === 1 ? path : `${path}-${count}`;
    const own = makeNew(numbered, owner, parent) ? lock(numbered, owner) : undefined;
    if (own !== undefined) return own;
  }
}

function isMountPoint(path: string, owner: Owner): boolean {
  return asUser(owner, () => statSync(path).dev !== statSync(dirname(path)).dev);
}

/**
 * Makes a new directory for a snapshot, and its missing parents.
 *
 * @returns false if the name is taken
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function makeSnapshotDirectory(path: string, owner: Owner): boolean {
  return makeNew(path, owner, { followLast: false });
}

/**
 * Makes an archive without traces in an output directory: directories of the same domains as the trace chunk has.
 *
 * @throws {DaemonError} `OUTPUT_NOT_WRITABLE`
 */
export function makeArchive(path: string, output: string, owner: Owner): void {
  makeNew(path, owner, { ownBelow: output });
  for (const name of DOMAIN_DIRECTORIES) {
    const inUse = writing(output, owner, () => checkDirectory(join(output, name), { ownBelow: output }));
    if (inUse) makeNew(join(path, name), owner, { ownBelow: output });
  }
}

function makeNew(path: string, owner: Owner, parent: Omit<WalkOptions, 'mode'>): boolean {
  return writing(path, owner, () => makeDirectory(path, { mode: MODE, ...parent }));
}

/** `access` checks the real user, whom `asUser` does not change: a file without a name is tried instead. */
function checkWritable(directory: number): void {
  const path = pathOf(directory);
  if (process.getuid?.() === process.geteuid?.()) {
    accessSync(path, constants.W_OK | constants.X_OK);
    return;
  }
  try {
    closeSync(openSync(path, O_TMPFILE | constants.O_WRONLY, 0o600));
  } catch (error) {
    if (!LACKS_TMPFILE.has(errnoOf(error))) throw error;
  }
}

/** A link of that name, or another user's directory, would fail the session's start. */
function checkReplaceable(path: string): void {
  try {
    checkDirectory(path, { followLast: false });
  } catch (error) {
    if (error instanceof DirectoryRefused) throw error;
  }
}

/** A session that recorded nothing leaves empty directories: there is nothing to mix with. */
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
 * The kernel drops the lock when the process with the descriptor ends. If a directory cannot be locked, as on NFS, the
 * daemon relies on what it knows of its own sessions.
 *
 * @returns undefined if another session has the lock
 */
function lock(path: string, owner: Owner): ClaimedOutput | undefined {
  const { O_RDONLY, O_DIRECTORY } = constants;
  const loaded = loadPosix();
  let descriptor: number | undefined;
  try {
    descriptor = asUser(owner, () =>
      withDirectory(path, {}, (directory) => openSync(pathOf(directory), O_RDONLY | O_DIRECTORY)),
    );
    if (loaded.ok && !loaded.posix.tryLock(descriptor)) {
      closeSync(descriptor);
      return undefined;
    }
  } catch (error) {
    if (error instanceof DirectoryRefused || (errnoOf(error) === undefined && !(error instanceof PosixError)))
      throw error;
  }
  return { path, descriptor };
}

function writing<T>(path: string, owner: Owner, action: () => T): T {
  try {
    return asUser(owner, action);
  } catch (error) {
    throw new DaemonError('OUTPUT_NOT_WRITABLE', `cannot write to ${path}: ${describeError(error)}`);
  }
}
