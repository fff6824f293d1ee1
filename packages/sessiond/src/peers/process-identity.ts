import { readFileSync } from 'node:fs';

/**
 * When a process started, in the kernel's ticks since boot: with its number, a process's identity, since numbers are used
 * again. Undefined if there is no such process here, or nothing of it but an end that nobody has asked for: in containers
 * whose first process does not, that stays for ever.
 */
export function processStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses, which may hold both spaces and parentheses; the third and 22nd are wanted.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
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
