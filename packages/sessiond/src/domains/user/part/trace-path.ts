import { join } from 'node:path';
import { directoryDate } from '@ringtail/base';
import { domainDirectory } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../../model/application-process.ts';

const DIRECTORY = domainDirectory('user');

/** Leaves room for number and date within the 255 bytes of a file name. */
const PROCNAME_LENGTH_MAX = 128;

/** Directory in a trace chunk for the trace of a user's applications, as in LTTng. */
export function tracePathOfUser(uid: number): string {
  return join(DIRECTORY, 'uid', String(uid), '64-bit');
}

/**
 * Directories in a trace chunk for traces of single processes. As in LTTng, the name has the process's name and number,
 * and the local time of its registration. A process that leaves and comes back within a second gets another directory.
 */
export class ProcessTracePaths {
  #dateTime = '';
  /** Directories of processes that registered in this second. */
  readonly #taken = new Set<string>();

  /** The directory of a process that registers now. */
  take({ procname, pid, since }: Pick<ApplicationProcess, 'procname' | 'pid' | 'since'>): string {
    const dateTime = directoryDate(since);
    if (dateTime !== this.#dateTime) this.#taken.clear();
    this.#dateTime = dateTime;
    const directory = `${fileNamePart(procname)}-${pid}-${dateTime}`;
    let unique = directory;
    for (let count = 2; this.#taken.has(unique); count++) unique = `${directory}-${count}`;
    this.#taken.add(unique);
    return join(DIRECTORY, 'pid', unique);
  }
}

/** A process may have any name. */
function fileNamePart(name: string): string {
  return name.replace(/[^A-Za-z0-9_.:@+-]/g, '_').slice(0, PROCNAME_LENGTH_MAX);
}
