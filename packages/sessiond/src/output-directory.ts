import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '@ringtail/base';
import { DaemonError } from './daemon-error.ts';
import { makeDirectories } from './make-directories.ts';

/**
 * Makes a session's output directory where it is absent, so that what is wrong with it is said when the session is created.
 *
 * @throws {DaemonError} `OUTPUT_IN_USE` if there is a trace in it, `OUTPUT_NOT_WRITABLE`
 */
export function prepareOutput(path: string): void {
  try {
    makeDirectories(path, 0o700);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DaemonError('OUTPUT_NOT_WRITABLE', `cannot write to ${path}: ${describeError(error)}`);
  }
  // Another trace's files would be taken for what a consumer that died had written of this one.
  if (existsSync(join(path, 'ust'))) throw new DaemonError('OUTPUT_IN_USE', `there is a trace in ${path} already`);
}
