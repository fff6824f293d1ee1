import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { describeError, RingtailError } from '@ringtail/base';

const TOKEN_BYTES_MAX = 4096;
/** Access bits of all users but the owner. */
const ACCESS_OF_OTHERS = 0o077;
/** The characters that a header of HTTP can carry. */
const TOKEN = /^[\x20-\x7e]+$/;

/** A file has no usable token, or its token is no secret. */
export class TokenFileRefused extends RingtailError<'TOKEN_FILE_REFUSED'> {
  override readonly name = 'TokenFileRefused';
}

/**
 * Reads the secret from a file: its only line, without white space around it. Reads with the rights of the effective
 * user, and never blocks on a FIFO.
 *
 * @throws {TokenFileRefused} if there is none, or if other users can read or write the file
 */
export function readTokenFile(path: string): string {
  const refuse = (why: string): never => {
    throw new TokenFileRefused('TOKEN_FILE_REFUSED', `the token file ${path} ${why}`);
  };
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return refuse(`cannot be read: ${describeError(error)}`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) refuse('is no regular file');
    if ((stat.mode & ACCESS_OF_OTHERS) !== 0) refuse('can be used by others: chmod 600');
    const bytes = Buffer.alloc(TOKEN_BYTES_MAX + 1);
    const byteCount = readSync(descriptor, bytes);
    const token = bytes.subarray(0, byteCount).toString('latin1').trim();
    if (byteCount > TOKEN_BYTES_MAX || token === '') refuse(`has no token of 1 to ${TOKEN_BYTES_MAX} bytes`);
    if (!TOKEN.test(token)) refuse('has more than one line, or characters beyond ASCII');
    return token;
  } finally {
    closeSync(descriptor);
  }
}
