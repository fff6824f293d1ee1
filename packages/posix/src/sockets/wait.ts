import { now } from '@ringtail/base/node';
import { Errno, POLLIN, POLLOUT } from '../constants.ts';
import type { Libc } from '../libc.ts';
import { posixError } from '../posix-error.ts';

const POLL_TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** The end of `timeoutMs` from now, on this module's clock. Negative: never; 0: now. */
export function deadlineAfter(timeoutMs: number): number {
  return timeoutMs < 0 ? Number.POSITIVE_INFINITY : now() + timeoutMs;
}

/** Blocks this thread until the descriptor is ready or broken. @returns false at the deadline */
export function waitUntilReady(libc: Libc, fd: number, direction: 'in' | 'out', deadline: number): boolean {
  const pollFd = Buffer.alloc(8);
  pollFd.writeInt32LE(fd, 0);
  pollFd.writeInt16LE(direction === 'in' ? POLLIN : POLLOUT, 4);
  for (;;) {
    const remainingMs = Math.max(0, Math.ceil(deadline - now()));
    const timeoutMs = remainingMs === Number.POSITIVE_INFINITY ? -1 : Math.min(remainingMs, POLL_TIMEOUT_MS_MAX);
    const readyCount = libc.poll(pollFd, 1, timeoutMs);
    if (readyCount > 0) return true;
    if (readyCount < 0 && libc.errno() !== Errno.EINTR) throw posixError('poll', libc.errno());
    if (now() >= deadline) return false;
  }
}
