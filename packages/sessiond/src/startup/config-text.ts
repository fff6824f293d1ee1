import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAbsence } from '@ringtail/base';
import { checkDirectory, objectionTo, processTrust } from '@ringtail/posix';
import { DaemonError } from '../model/daemon-error.ts';

/**
 * The text of a configuration file; undefined if there is none. It names programs to start: for a process of root's, no
 * other user may choose or write the file.
 *
 * @throws {DirectoryRefused}, {DaemonError} `BAD_ARGUMENT`; or the system's error
 */
export function readConfigText(path: string): string | undefined {
  let descriptor: number;
  try {
    if (!checkDirectory(dirname(path))) return undefined;
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
  try {
    const trust = processTrust();
    const objection = trust === undefined ? undefined : objectionTo(fstatSync(descriptor), trust);
    if (objection !== undefined)
      throw new DaemonError('BAD_ARGUMENT', `${path} ${objection}: it has to be root's alone`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
