import { join } from 'node:path';
import type { ApplicationProcess } from './session.ts';

/** Leaves room for the number and the date within the 255 bytes of a file name. */
const PROCNAME_LENGTH_MAX = 128;

/** Where the trace of all applications of a user is in a trace chunk, as in LTTng. */
export function placeOfUser(uid: number): string {
  return join('ust', 'uid', String(uid), '64-bit');
}

/**
 * Where traces of single processes are in a trace chunk, as in LTTng: with name and number of the process, and when it
 * registered, local time. A process that leaves and comes back within a second gets another place.
 */
export class ProcessPlaces {
  #dateTime = '';
  /** Directories of processes that registered in this second: others have another date in their names. */
  readonly #taken = new Set<string>();

  /** The place of a process that registers now. */
  take({ procname, pid, since }: Pick<ApplicationProcess, 'procname' | 'pid' | 'since'>): string {
    const local = new Date(since.getTime() - since.getTimezoneOffset() * 60_000).toISOString();
    const dateTime = local.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    if (dateTime !== this.#dateTime) this.#taken.clear();
    this.#dateTime = dateTime;
    const directory = `${fileNamePart(procname)}-${pid}-${dateTime}`;
    let unique = directory;
    for (let count = 2; this.#taken.has(unique); count++) unique = `${directory}-${count}`;
    this.#taken.add(unique);
    return join('ust', 'pid', unique);
  }
}

/** A process may call itself anything. */
function fileNamePart(name: string): string {
  return name.replace(/[^A-Za-z0-9_.:@+-]/g, '_').slice(0, PROCNAME_LENGTH_MAX);
}
