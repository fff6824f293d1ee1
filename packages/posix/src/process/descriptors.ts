import { readdirSync, readFileSync, statSync } from 'node:fs';

/** How many descriptors this process may have. Node.js raises the limit as far as it may at its start. */
export function descriptorLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    // No /proc, or no descriptor left to read it.
    return undefined;
  }
}

/** How many descriptors this process has. */
export function descriptorCount(): number | undefined {
  try {
    // Linux 6.2 and later say it; before, the size is 0.
    return statSync('/proc/self/fd').size || readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
