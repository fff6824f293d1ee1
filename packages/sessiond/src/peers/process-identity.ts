import { readFileSync } from 'node:fs';
import { statFields } from '@ringtail/posix';

/**
 * Start time of a process in the kernel's ticks since boot. Numbers are used again: number and start time identify a
 * process. Undefined if there is no such process, or only a zombie. In containers whose first process does not wait for
 * children, zombies stay for ever.
 */
export function processStartTime(pid: number): string | undefined {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * Counts of bytes that a process has read and written, which change while it works; undefined if they are not readable.
 */
export function processWork(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/io`, 'latin1');
  } catch {
    return undefined;
  }
}
