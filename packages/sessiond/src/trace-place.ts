import { join } from 'node:path';
import type { ApplicationProcess } from './session.ts';

/** More places than this are not remembered: no process leaves and comes back so often within a second. */
const PLACES_MAX = 10_000;
/** Leaves room for the number and the date within the 255 bytes of a file name. */
const PROCNAME_LENGTH_MAX = 128;

/** Where the trace of all applications of a user is in a trace chunk, as in LTTng. */
export function placeOfUser(uid: number): string {
  return join('ust', 'uid', String(uid), '64-bit');
}

/**
 * Where the trace of a process is in a trace chunk, as in LTTng: with its name, its number and when it registered, local time.
 * A process that leaves and comes back within a second gets another place.
 *
 * @param taken where traces have been of late; the new place is added
 */
export function placeOfProcess({ procname, pid, since }: ApplicationProcess, taken: Set<string>): string {
  const local = new Date(since.getTime() - since.getTimezoneOffset() * 60_000).toISOString();
  const dateTime = local.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const directory = `${fileNamePart(procname)}-${pid}-${dateTime}`;
  let unique = directory;
  for (let count = 2; taken.has(unique); count++) unique = `${directory}-${count}`;
  taken.add(unique);
  const [oldest] = taken;
  if (taken.size > PLACES_MAX && oldest !== undefined) taken.delete(oldest);
  return join('ust', 'pid', unique);
}

/** A process may call itself anything. */
function fileNamePart(name: string): string {
  return name.replace(/[^A-Za-z0-9_.:@+-]/g, '_').slice(0, PROCNAME_LENGTH_MAX);
}
