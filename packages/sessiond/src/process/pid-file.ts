import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import { DaemonError } from '../daemon-error.ts';

/**
 * Writes this process's identifier to a file of the user's choice, for scripts. What keeps daemons apart is the run
 * directory.
 *
 * The file is replaced as a whole: what a symbolic link of that name points to stays what it is.
 *
 * @returns what removes the file again, unless it is another process's by then.
 * @throws {DaemonError} `BAD_ARGUMENT`
 */
export function writePidFile(path: string): () => void {
  const content = `${process.pid}\n`;
  const fresh = `${path}.${process.pid}`;
  try {
    rmSync(fresh, { force: true });
    writeFileSync(fresh, content, { mode: 0o644, flag: 'wx' });
    // Whatever the umask: there is nothing secret in it.
    chmodSync(fresh, 0o644);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new DaemonError('BAD_ARGUMENT', `the pid file cannot be written: ${describeError(error)}`);
  }
  return () => {
    try {
      if (readFileSync(path, 'utf8') === content) rmSync(path, { force: true });
    } catch {
      // It is gone, or in a place that is none of ours any more.
    }
  };
}
