import { fstatSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { textIn } from '@ringtail/base/files';
import { checkDirectory, type RunDirectory, runDirectoryAt, UNIX_PATH_BYTES_MAX, withDirectory } from '@ringtail/posix';
import { DaemonError } from '../model/daemon-error.ts';
import { processStartTime } from '../peers/process-identity.ts';

const ATTEMPTS_MAX = 10;
const SOCKET_TIMEOUT_MS = 1000;

/** A run directory that belongs to this process until it is released. */
export interface RunDirectoryClaim {
  readonly directory: RunDirectory;
  /** Claims the directory again after it was removed. @throws {DaemonError} as {@link claimRunDirectory} */
  renew(): Promise<void>;
  /** Removes sockets, FIFO and pid file; the log stays. */
  release(): void;
}

/**
 * Makes the run directory if it is absent, checks that no other user can write to it, and claims it for this process.
 * Removes the files of a daemon that was killed.
 *
 * @param mode mode of the directory if it has to be made
 * @throws {DaemonError} `RUN_DIRECTORY_REFUSED`, `ALREADY_RUNNING`
 */
export async function claimRunDirectory(path: string, uid: number, mode: number): Promise<RunDirectoryClaim> {
  const directory = runDirectoryAt(path);
  checkSocketPaths(directory);
  const identity = `${process.pid}\n${processStartTime(process.pid)}\n`;
  const take = async (isOurs: boolean): Promise<void> => {
    makeDirectory(path, uid, mode);
    if (!isOurs) await writePidFile(directory, identity);
    removeSockets(directory);
  };
  await take(false);
  return {
    directory,
    renew: () => take(textIn(directory.pidFile) === identity),
    release() {
      if (textIn(directory.pidFile) !== identity) return;
      removeSockets(directory);
      rmSync(directory.pidFile, { force: true });
    },
  };
}

function checkSocketPaths({ path, consumerSocket }: RunDirectory): void {
  if (Buffer.byteLength(consumerSocket) > UNIX_PATH_BYTES_MAX) {
    refuse(path, `its sockets would have paths longer than the ${UNIX_PATH_BYTES_MAX} bytes that the system allows`);
  }
}

/** Makes the last component of the path if it is absent; its parents must exist. */
function makeDirectory(path: string, uid: number, mode: number): void {
  try {
    if (!checkDirectory(dirname(path))) refuse(path, `there is no directory ${dirname(path)}`);
    withDirectory(path, { mode, followLast: false }, (descriptor) => checkOwnership(path, descriptor, uid));
  } catch (error) {
    if (error instanceof DaemonError || errnoOf(error) === undefined) throw error;
    refuse(path, describeError(error));
  }
}

function checkOwnership(path: string, descriptor: number, uid: number): void {
  const stats = fstatSync(descriptor);
  if (stats.uid !== uid) refuse(path, `it belongs to the user with the identifier ${stats.uid}`);
  if ((stats.mode & 0o022) !== 0) refuse(path, 'others can write to it (its mode must not have group or world write)');
}

/**
 * Makes the pid file as a whole with `link`: of several daemons that start at the same time, one succeeds.
 */
async function writePidFile(directory: RunDirectory, identity: string): Promise<void> {
  const own = `${directory.pidFile}.${process.pid}`;
  try {
    rmSync(own, { force: true });
    writeFileSync(own, identity, { mode: 0o600, flag: 'wx' });
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (tryLink(own, directory.pidFile)) return;
      const found = textIn(directory.pidFile);
      if (found === undefined) continue;
      if (await isAlive(directory, found)) {
        const pid = Number.parseInt(found, 10);
        throw new DaemonError('ALREADY_RUNNING', `a session daemon (process ${pid}) runs in ${directory.path} already`);
      }
      takeAway(directory.pidFile, found);
    }
    throw new DaemonError('ALREADY_RUNNING', `other session daemons are starting in ${directory.path}`);
  } catch (error) {
    if (error instanceof DaemonError) throw error;
    refuse(directory.path, `the pid file cannot be written: ${describeError(error)}`);
  } finally {
    rmSync(own, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a stale pid file, unless it was replaced meanwhile. */
function takeAway(pidFile: string, stale: string): void {
  const aside = `${pidFile}.${process.pid}.stale`;
  try {
    renameSync(pidFile, aside);
    if (textIn(aside) !== stale) tryLink(aside, pidFile);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The process number of a daemon in another container means nothing here, but its socket answers. */
async function isAlive(directory: RunDirectory, pidFileContent: string): Promise<boolean> {
  const [pid, startTime] = pidFileContent.split('\n');
  const running = processStartTime(Number(pid));
  if (running !== undefined && running === startTime) return true;
  return await answers(directory.clientSocket);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    // A daemon that does not accept within this time is busy, not gone: it still has the socket.
    socket.setTimeout(SOCKET_TIMEOUT_MS, () => settle(true));
    socket.once('connect', () => settle(true));
    // A full queue means that a daemon has the socket.
    socket.once('error', (error) => settle(errnoOf(error) === 'EAGAIN'));
  });
}

function removeSockets(directory: RunDirectory): void {
  for (const path of [
    directory.appSocket,
    directory.clientSocket,
    directory.rootSocket,
    directory.consumerSocket,
    directory.wakeFifo,
  ]) {
    rmSync(path, { force: true });
  }
  rmSync(directory.consumersDirectory, { recursive: true, force: true });
}

function refuse(path: string, why: string): never {
  throw new DaemonError('RUN_DIRECTORY_REFUSED', `cannot use ${path} as run directory: ${why}`);
}
