import type { EventHeaderKind } from '../model/channel.ts';
import type { EventRule } from '../model/event-rule.ts';
import type { ClockKind } from '../model/trace.ts';

/** Desired state: the channels that one thread records into, and the triggers that it evaluates. */
export interface DesiredState {
  readonly channels: readonly DesiredChannel[];
  readonly triggers: readonly DesiredTrigger[];
}

/** A rule whose matches are counted or reported, whether or not a session records the event. */
export interface DesiredTrigger {
  /** Unique in the life of the daemon. */
  readonly key: number;
  readonly rule: EventRule;
  /** Report matches to the daemon (`trigger-matched`), with the values of these expressions; null: only count. */
  readonly captures: readonly string[] | null;
  /** Counter that each match adds one to; null: none. */
  readonly counter: CounterKey | null;
}

/**
 * A counter of the thread's control file: one for all events, or one for each key that the template gives. The thread
 * assigns counters to keys, and announces them (`counters`).
 */
export type CounterKey =
  | { readonly index: number }
  | {
      readonly map: number;
      readonly template: string;
      /**
       * Announced like `map`: further counters of the same keys. An event adds one to such a counter, however many
       * triggers with the same `perEvent` and the same key it matches. Absent: there are none.
       */
      readonly perEvent?: number;
    };

/** A channel of an active session that this thread's events may go to. */
export interface DesiredChannel {
  /** Unique among all channels of all sessions this daemon ever had. */
  readonly key: number;
  readonly session: string;
  readonly name: string;
  /** Of the trace that this thread's data streams belong to; 8-4-4-4-12 hexadecimal. */
  readonly traceUuid: string;
  readonly streamClassId: number;
  readonly header: EventHeaderKind;
  readonly mode: 'discard' | 'overwrite';
  readonly subBufBytes: number;
  readonly subBufCount: number;
  /** Bytes of a sub-buffer that records may take, so that the packet fits into a trace file; absent: all. */
  readonly recordsBytesMax?: number;
  readonly clock: ClockKind;
  /**
   * By how many nanoseconds CLOCK_MONOTONIC of the recording is ahead of that of the kernel's first time namespace, so that
   * threads in another namespace can give its times; absent: 0.
   */
  readonly monotonicOffsetNs?: number;
  /** Directory for ring files; null for memfds. */
  readonly ringDirectory: string | null;
  /** FIFO to write one byte to when a sub-buffer is closed and the consumer asked for it. */
  readonly wakePath: string;
  /** As the channel's attribute of that name. */
  readonly blockingTimeoutUs: number | null;
  readonly preallocation: 'preallocate' | 'on-demand';
  /** Names of context fields, in the order in which they are written. */
  readonly contexts: readonly string[];
  /** Grows whenever the thread is to record its state; 0: not at all. */
  readonly statedump: number;
  /** Grows whenever the thread is to give back the memory of sub-buffers that are free. */
  readonly reclaim: number;
  /** Clock value: only of those whose newest event is not newer. */
  readonly reclaimUntil: number;
  /** Indexes of the thread's counters of evaluated filters, and of those that were false; null: they are not counted. */
  readonly filterCounters: { readonly evaluated: number; readonly rejected: number } | null;
  readonly rules: readonly EventRule[];
}
