import { readdirSync, readFileSync, statSync } from 'node:fs';

/** Largest number of descriptors of this process. Node.js raises the limit to the hard one at its start. */
export function descriptorLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    // No /proc, or no descriptor is left for reading it.
    return undefined;
  }
}

/** Number of open descriptors of this process. */
export function descriptorCount(): number | undefined {
  try {
    // The size is the count on Linux 6.2 and later, and 0 before.
    return statSync('/proc/self/fd').size || readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
