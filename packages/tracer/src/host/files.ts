/**
 * Functions of `node:fs` as they were when the tracer started: programs and instruments observe or replace them later,
 * and the tracer's own calls are no calls of the program.
 */
import fs from 'node:fs';

export const { closeSync, existsSync, ftruncateSync, openSync, readFileSync, readlinkSync, readSync } = fs;
export const { statSync, writeSync } = fs;
const { fstatSync } = fs;

/**
 * Inode of a socket.
 *
 * Node.js 20 keeps the result of the last `stat` without `bigint`. After one of a socket, `realpathSync` mistakes known
 * directories for sockets, and `require` loads linked packages by the paths of their links. Hence the `bigint`.
 */
export function inodeOfSocket(fd: number): bigint {
  return fstatSync(fd, { bigint: true }).ino;
}
