import { descriptorCount, descriptorLimit } from '@ringtail/posix';

/**
 * Descriptors that a program has left for itself once a thread is traced: Node.js opens the modules that a module imports
 * all at once, and those of a small program are fewer than this.
 */
const LEFT_MIN = 32;
/** What a thread takes: a control file, the sockets of two daemons, and for a moment the memory of a ring. */
const TAKEN = 4;
const NEEDED = LEFT_MIN + TAKEN;

/** Why this process has too few descriptors left for tracing; undefined: it has enough, or the kernel does not say. */
export function descriptorShortage(): string | undefined {
  const limit = descriptorLimit();
  const count = descriptorCount();
  if (limit === undefined || count === undefined || limit - count >= NEEDED) return undefined;
  return `only ${Math.max(0, limit - count)} of ${limit} file descriptors are left, and tracing needs ${NEEDED} beside the program: raise ulimit -n`;
}
