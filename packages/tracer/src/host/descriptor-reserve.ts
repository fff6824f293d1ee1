import { descriptorCount, descriptorLimit } from '@ringtail/posix';

/**
 * Descriptors that a traced program keeps for itself. Node.js opens all modules that a module imports at once; a small
 * program imports fewer than this.
 */
const LEFT_MIN = 32;
/** Descriptors of a thread: its control file, the sockets of two daemons, and for a moment the memory of a ring. */
const TAKEN = 4;
const NEEDED = LEFT_MIN + TAKEN;

/**
 * The reason why this process has too few descriptors for tracing; undefined if it has enough, or the kernel does not
 * tell.
 */
export function descriptorShortage(): string | undefined {
  const limit = descriptorLimit();
  const count = descriptorCount();
  if (limit === undefined || count === undefined || limit - count >= NEEDED) return undefined;
  return `only ${Math.max(0, limit - count)} of ${limit} file descriptors are left, and tracing needs ${NEEDED} beside the program: raise ulimit -n`;
}
