import type { Losses } from '../statistics/losses.ts';
import type { BusyThread } from './busy-threads.ts';
import type { Grouped } from './grouped-counts.ts';
import type { ProcessTimes } from './processes.ts';
import type { SpansData } from './spans.ts';

/** A stall of an event loop. */
export interface Stall {
  readonly atNs: bigint;
  readonly durationNs: number;
  /** The innermost frame that is code of the program, not of Node.js or V8. Empty if unknown. */
  readonly where: string;
  /** Of the code that caused it, the innermost frame first. Empty if unknown. */
  readonly stack: readonly string[];
}

/** More listeners of an event than the limit of their emitter: a warning of Node.js. */
export interface ListenerLeak {
  readonly atNs: bigint;
  /** As Node.js names it: `[Server]`. */
  readonly emitter: string;
  readonly event: string;
  /** At the time of the warning; Node.js warns once. */
  readonly listeners: number;
  /** The frame of the program that added the last one. Empty if unknown. */
  readonly where: string;
  readonly stack: readonly string[];
}

/** An uncaught exception or an unhandled rejection. */
export interface UncaughtError {
  readonly atNs: bigint;
  readonly event: string;
  readonly message: string;
  readonly stack: readonly string[];
}

/** The facts of a trace to which rules are applied. */
export interface Facts extends SpansData {
  readonly eventCount: number;
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  readonly losses: Losses;
  /** Events from which findings are made. */
  readonly knownCount: number;
  /** By their stacks, the longest first. */
  readonly stalls: readonly Grouped<Stall>[];
  readonly leaks: readonly Grouped<ListenerLeak>[];
  readonly errors: readonly Grouped<UncaughtError>[];
  readonly processes: readonly ProcessTimes[];
  /** Threads with CPU samples, the busiest first. */
  readonly busyThreads: readonly BusyThread[];
}
