import { type FileCalls, systemCalls } from '../output/files/file-calls.ts';

/** System calls that fail on command, and that write only a few bytes at once if `bytesAtOnce` is given. */
export interface FailingCalls extends FileCalls {
  /** Lets `bytes` more bytes through, then fails. */
  failAfter(bytes: number, code: string): void;
  recover(): void;
}

export function failingCalls(bytesAtOnce = Number.POSITIVE_INFINITY): FailingCalls {
  let left = Number.POSITIVE_INFINITY;
  let failure = '';
  return {
    writev(descriptor, buffers, position) {
      const wanted = Buffer.concat(buffers);
      const taken = wanted.subarray(0, Math.min(wanted.length, bytesAtOnce, left));
      if (taken.length === 0 && wanted.length > 0)
        throw Object.assign(new Error(`${failure}: write`), { code: failure });
      left -= taken.length;
      return systemCalls.writev(descriptor, [taken], position);
    },
    truncate: systemCalls.truncate,
    failAfter(bytes, code) {
      left = bytes;
      failure = code;
    },
    recover() {
      left = Number.POSITIVE_INFINITY;
    },
  };
}
