import type { EventHeaderKind } from '../model/channel.ts';
import type { EventRule } from '../model/event-rule.ts';
import type { ClockKind } from '../model/trace.ts';

/** Desired state: what one thread ought to record, as a session daemon publishes it in the control file. */
export interface DesiredState {
  readonly channels: readonly DesiredChannel[];
  readonly triggers: readonly DesiredTrigger[];
}

/** How a desired state differs from the one before; the first one differs from nothing. */
export interface DesiredStateChange {
  /** All of them, in place of those before; absent: they stay. */
  readonly channels?: readonly DesiredChannel[];
  /** Keys of triggers that are no more. */
  readonly removed?: readonly number[];
  /** Triggers that came. */
  readonly added?: readonly DesiredTrigger[];
}

/** A rule whose matches count or are told, whether or not a session records the event. */
export interface DesiredTrigger {
  /** Unique among all that this daemon ever had: another trigger never has it. */
  readonly key: number;
  readonly rule: EventRule;
  /** Tell the daemon of matches (`trigger-matched`), with the values of these expressions; null: only count. */
  readonly captures: readonly string[] | null;
  /** Index of the counter that each match adds one to, as a template of an index: see `CounterKey`; null: none. */
  readonly counter: CounterKey | null;
}

/**
 * Which counter of the thread's control file: one for all events, or one for each key that the template gives, which the
 * thread numbers and announces (`counters`).
 */
export type CounterKey =
  | { readonly index: number }
  | {
      readonly map: number;
      readonly template: string;
      /**
       * Announced like `map`, for a counter of what is too much where an event is to add one to a key: with each trigger of the same
       * `repeats` and the same key that the event sets off after the first, one is added to it as well. Absent: each trigger counts.
       */
      readonly repeats?: number;
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
