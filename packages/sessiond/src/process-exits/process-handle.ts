import { closeSync, readFileSync } from 'node:fs';
import type { Posix } from '@ringtail/posix';
import type { ReadText } from './oom-kills.ts';
import { type ProcessStat, parseProcessStat } from './process-stat.ts';

/** Whether and how a process has ended. `status` is the one that `waitpid` gives; undefined if it is not known. */
export type ProcessFate =
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly status: number }
  /** Ended, but the kernel does not give the status. */
  | { readonly kind: 'untold'; readonly status?: undefined };

/** One process, even if another process gets its number. */
export interface ProcessHandle {
  readonly pid: number;
  fate(): ProcessFate;
  close(): void;
}

/** Reads a file of the kernel; undefined if it does not exist. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/**
 * @param descriptor of the process, which the handle closes; undefined if the kernel gives none
 */
export function processHandle(
  posix: Pick<Posix, 'exitStatusOf'>,
  pid: number,
  descriptor: number | undefined,
  read: ReadText = readText,
): ProcessHandle {
  const statNow = (): ProcessStat | undefined => parseProcessStat(read(`/proc/${pid}/stat`) ?? '');
  const atFirst = statNow();
  return {
    pid,
    fate() {
      // The number 0 stands for a process in another namespace, which only the descriptor can identify.
      const status = descriptor === undefined ? undefined : posix.exitStatusOf(descriptor);
      if (status !== undefined) return { kind: 'ended', status };
      const stat = statNow();
      if (stat === undefined || stat.startTime !== atFirst?.startTime) return { kind: 'untold' };
      // The first thread may have ended while others go on.
      if (!'ZX'.includes(stat.state) || stat.threads > 1) return { kind: 'running' };
      return atFirst.permitted ? { kind: 'ended', status: stat.exitStatus } : { kind: 'untold' };
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}
