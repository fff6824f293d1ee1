import { matchesPattern } from '@ringtail/protocol';
import type { Owner } from './owner.ts';

/** A process of an application, from its first registration until its last thread has gone. */
export interface ApplicationProcess {
  /** Unique in the life of the daemon, unlike `pid`. */
  readonly key: number;
  readonly pid: number;
  readonly procname: string;
  /** Name of the program for people. It changes with the title of the process. */
  program: string;
  readonly since: Date;
  /** Directory of its own traces in a trace chunk or snapshot; no two processes share one. */
  readonly tracePath: string;
}

/** Whether a pattern of names matches the process: its title when it registered, or its program. */
export function isNamed({ procname, program }: ApplicationProcess, pattern: string): boolean {
  return matchesPattern(pattern, procname) || matchesPattern(pattern, program);
}

/** A registered thread, as the kernel identifies it: the thread's own words decide nothing. */
export interface RecordedThread extends Owner {
  readonly pid: number;
  readonly process: ApplicationProcess;
}
