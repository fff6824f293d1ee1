import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeError } from '@ringtail/base';
import { checkDirectory } from '@ringtail/posix';
import { DaemonError } from '../model/daemon-error.ts';

/** Longer than any content that a daemon writes. */
const CONTENT_BYTES_MAX = 32;

/**
 * Writes this process's identifier to a file of the user's choice, for scripts. The run directory keeps daemons apart,
 * not this file. The file is replaced as a whole: the target of a symbolic link of that name stays unchanged.
 *
 * @returns removes the file, unless it belongs to another process by then
 * @throws {DaemonError} `BAD_ARGUMENT`
 */
export function writePidFile(path: string): () => void {
  const directory = dirname(resolve(path));
  const content = `${process.pid}\n`;
  const fresh = `${path}.${process.pid}`;
  try {
    checkDirectory(directory);
    rmSync(fresh, { force: true });
    writeNew(fresh, content);
    renameSync(fresh, path);
  } catch (error) {
    throw new DaemonError('BAD_ARGUMENT', `the pid file cannot be written: ${describeError(error)}`);
  }
  return () => {
    try {
      if (checkDirectory(directory) && contentOf(path) === content) rmSync(path, { force: true });
    } catch {
      // The file is gone, or cannot be reached any more.
    }
  };
}

function writeNew(path: string, content: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    writeSync(descriptor, content);
    // Readable for all users, whatever the umask.
    fchmodSync(descriptor, 0o644);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function contentOf(path: string): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() && stats.size <= CONTENT_BYTES_MAX ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}
