import { RingtailError } from '@ringtail/base';
import { getSystemErrorMap } from '@ringtail/base/node';

/**
 * A system call that failed. `code` is the errno name (`ENOSPC`, `ECONNREFUSED`, …), or `TIMEOUT` for a call that
 * reached its time limit.
 */
export class PosixError extends RingtailError {
  override readonly name = 'PosixError';
}

/** The error of `call` for errno `errno`. `subject` is its argument: a path, a size. */
export function posixError(call: string, errno: number, subject?: string): PosixError {
  const [code, reason] = getSystemErrorMap().get(-errno) ?? [`ERRNO_${errno}`, `error number ${errno}`];
  return new PosixError(code, `${describeCall(call, subject)}: ${reason} (${code})`);
}

/** The error of a call that is refused before it reaches the kernel. */
export function refusedCall(call: string, code: string, reason: string): PosixError {
  return new PosixError(code, `${call}: ${reason} (${code})`);
}

export function timeoutError(call: string, timeoutMs: number, subject?: string): PosixError {
  return new PosixError('TIMEOUT', `${describeCall(call, subject)}: no answer within ${timeoutMs} ms (TIMEOUT)`);
}

function describeCall(call: string, subject: string | undefined): string {
  return subject === undefined ? call : `${call} ${subject}`;
}
