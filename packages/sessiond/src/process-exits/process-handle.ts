import { closeSync, readFileSync } from 'node:fs';
import type { Posix } from '@ringtail/posix';
import type { ReadText } from './oom-kills.ts';
import { type ProcessStat, parseProcessStat } from './process-stat.ts';

/** What became of a process. `status` as `waitpid` says it; undefined if nobody tells us. */
export type ProcessFate =
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly status: number }
  /** It is still there for its parent to ask, or not at all any more. */
  | { readonly kind: 'untold'; readonly status?: undefined };

/** One process, whatever becomes of its number. */
export interface ProcessHandle {
  readonly pid: number;
  fate(): ProcessFate;
  close(): void;
}

/** Reads a file of the kernel that may not be there. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/**
 * @param descriptor of the process, ours from now on; undefined if the kernel gives none
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
      // The number of 0 is that of a process in a namespace that we do not see: there is only the descriptor.
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
