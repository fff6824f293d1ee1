import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { SESSION_FILE_LENGTH_MAX } from './xml/xml-node.ts';

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;

/**
 * The text of a session file, which must be a regular file of a bounded size: no endless FIFO, no device.
 *
 * @param owner required owner of the file, which may be no link then: the owner of a file decides what is recorded, and
 *   where the trace goes. Absent: any owner.
 * @throws {Error} of the operating system, or with what is wrong
 */
export function readSessionFile(path: string, owner?: number): string {
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | (owner === undefined ? 0 : O_NOFOLLOW));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error('it is not a file');
    if (stats.size > SESSION_FILE_LENGTH_MAX) throw new Error(`it is longer than ${SESSION_FILE_LENGTH_MAX} bytes`);
    if (owner !== undefined && stats.uid !== owner) {
      throw new Error(`it belongs to user ${stats.uid}, the session daemon to user ${owner}`);
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
