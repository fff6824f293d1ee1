import { createHash, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { DaemonError } from '../model/daemon-error.ts';

const TOKEN_BYTES_MAX = 4096;
/** Access bits of all users but the owner. */
const ACCESS_OF_OTHERS = 0o077;

/**
 * Reads the secret from a file.
 *
 * @throws {DaemonError} `BAD_ARGUMENT` if there is none, or if other users can read or write it
 */
export function readToken(path: string): string {
  const refuse = (why: string): never => {
    throw new DaemonError('BAD_ARGUMENT', `the token file ${path} ${why}`);
  };
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return refuse(`cannot be read: ${(error as Error).message}`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) refuse('is no regular file');
    if ((stat.mode & ACCESS_OF_OTHERS) !== 0) refuse('can be used by others: chmod 600');
    const bytes = Buffer.alloc(TOKEN_BYTES_MAX + 1);
    const token = bytes.subarray(0, readSync(descriptor, bytes)).toString('utf8').trim();
    if (token === '' || token.length > TOKEN_BYTES_MAX) refuse(`has no token of 1 to ${TOKEN_BYTES_MAX} bytes`);
    return token;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether an `Authorization` header has the token. Takes the same time for all headers. */
export function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}
