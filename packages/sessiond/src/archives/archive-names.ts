import { directoryDate } from '@ringtail/base';
import { basicDateTime } from '../model/basic-date-time.ts';

/** Local offset from UTC at a moment, in minutes. */
function offsetMinutes(at: Date): number {
  return -at.getTimezoneOffset();
}

/** Name of a snapshot's directory, as LTTng's: `snapshot-1-20261120-133354-0`. */
export function snapshotDirectoryName(name: string, at: Date, count: number): string {
  return `${name}-${directoryDate(at)}-${count}`;
}

/** Name of a trace chunk's archive, as LTTng's: `20261120T133354+0100-20261120T134000+0100-0`. */
export function archiveName(begin: Date, end: Date, id: number): string {
  return `${basicDateTime(begin, offsetMinutes(begin))}-${basicDateTime(end, offsetMinutes(end))}-${id}`;
}
