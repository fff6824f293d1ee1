import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { asUser } from '@ringtail/posix';
import { DaemonError } from './daemon-error.ts';
import { makeDirectories } from './make-directories.ts';
import type { Owner } from './session.ts';

/**
 * Makes a session's output directory where it is absent, so that what is wrong with it is said when the session is created.
 * It belongs to the session's owner, who must be able to write to it.
 *
 * @throws {DaemonError} `OUTPUT_IN_USE` if there is a trace in it, `OUTPUT_NOT_WRITABLE`
 */
export function prepareOutput(path: string, owner: Owner): void {
  writing(path, owner, () => {
    makeDirectories(path, 0o700);
    accessSync(path, constants.W_OK | constants.X_OK);
  });
  // Another trace's files would be taken for what a consumer that died had written of this one.
  if (existsSync(join(path, 'ust'))) throw new DaemonError('OUTPUT_IN_USE', `there is a trace in ${path} already`);
}

/**
 * Makes a directory that is nobody else's yet, with those of its parents that are absent.
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

function writing<T>(path: string, owner: Owner, action: () => T): T {
  try {
    return asUser(owner, action);
  } catch (error) {
    throw new DaemonError('OUTPUT_NOT_WRITABLE', `cannot write to ${path}: ${describeError(error)}`);
  }
}
