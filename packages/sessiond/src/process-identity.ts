import { readFileSync } from 'node:fs';

/**
 * When a process started, in the kernel's ticks since boot: with its number, a process's identity, since numbers are used
 * again. Undefined if there is no such process here.
 */
export function processStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses, which may hold both spaces and parentheses; the 22nd is wanted.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** What a process has read and written so far, which changes while it works; undefined if we may not know. */
export function processWork(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/io`, 'latin1');
  } catch {
    return undefined;
  }
}
