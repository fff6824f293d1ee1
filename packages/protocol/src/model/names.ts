/** Names, paths and numbers that a user gives. */
import { isAbsolute, normalize } from 'node:path';
import { integer, list, refined, refuseShape, type Shape } from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';

/** Leaves room for the names below it within the 4096 bytes of a path. */
const OUTPUT_BYTES_MAX = 3800;
export const CONTEXTS_PER_CHANNEL_MAX = 64;
const CONTEXT_NAME_BYTES_MAX = 255;
const PATTERN_BYTES_MAX = 255;

/** A name that becomes one component of a path. Not a hidden one: readers of traces skip hidden files. */
function pathComponent(bytesMax: number): Shape<string> {
  return refined(plainText(bytesMax), (value, name) => {
    if (!value.includes('/') && !value.startsWith('.')) return value;
    return refuseShape(`${name} must not contain a slash nor begin with a dot`);
  });
}

export const sessionName = pathComponent(255);
/** Trace files are named after their channel and a number, within the 255 bytes of a file name. */
export const channelName = pathComponent(200);
/** Snapshots are named after it, the date and a number. */
export const snapshotName = pathComponent(200);
/** No file is named after a map, so its name may have a slash. */
export const mapName = plainText(200);
export const triggerName = plainText(255);
/** Names with `*` anywhere: of events, of processes. */
export const namePattern = plainText(PATTERN_BYTES_MAX);

/** An absolute path; it comes out normalized, without a slash at the end. */
export const absolutePath = refined(plainText(OUTPUT_BYTES_MAX), (value, name) => {
  if (!isAbsolute(value)) refuseShape(`${name} must be an absolute path`);
  const path = normalize(value);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
});

/** Names of context fields, in the order in which records hold them. */
export const contextNames = list(plainText(CONTEXT_NAME_BYTES_MAX), CONTEXTS_PER_CHANNEL_MAX);

/** Number of a user or group. */
export const userNumber = integer(0, 2 ** 32 - 1);
/** Number of a process or thread. */
export const processNumber = integer(1, 2 ** 31 - 1);
