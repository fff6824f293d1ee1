import type { Owner } from './owner.ts';

/** A process of an application, from its first registration until its last thread has gone. */
export interface ApplicationProcess {
  /** Unique in the life of the daemon, unlike `pid`. */
  readonly key: number;
  readonly pid: number;
  readonly procname: string;
  readonly since: Date;
  /** Directory of its own traces in a trace chunk or snapshot; no two processes share one. */
  readonly tracePath: string;
}

/** A registered thread, as the kernel identifies it: the thread's own words decide nothing. */
export interface RecordedThread extends Owner {
  readonly pid: number;
  readonly process: ApplicationProcess;
}
