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

/** A channel of an active session that the thread records into. */
export interface DesiredChannel {
  /** Unique among the channels of all sessions, in the life of the daemon. */
  readonly key: number;
  readonly session: string;
  readonly name: string;
  /** UUID of the trace that the thread's data streams belong to; 8-4-4-4-12 hexadecimal. */
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
   * CLOCK_MONOTONIC of the recording minus CLOCK_MONOTONIC of the kernel's first time namespace, so that threads in
   * another namespace can record the same times; absent: 0.
   */
  readonly monotonicOffsetNs?: number;
  /** Directory for ring files; null for memfds. */
  readonly ringDirectory: string | null;
  /** FIFO to write one byte to when a sub-buffer is closed and the consumer asked for it. */
  readonly wakePath: string;
  /** The channel's attribute with the same name. */
  readonly blockingTimeoutUs: number | null;
  readonly preallocation: 'preallocate' | 'on-demand';
  /** Names of context fields, in the order in which they are written. */
  readonly contexts: readonly string[];
  /** Grows with each request to record the thread's state; 0: no request. */
  readonly statedump: number;
  /** Grows with each request to give back the memory of free sub-buffers. */
  readonly reclaim: number;
  /** Clock value: only of sub-buffers without an event after this time. */
  readonly reclaimUntil: number;
  /** Indexes of the thread's counters of evaluated filters and of false filters; null: nothing is counted. */
  readonly filterCounters: { readonly evaluated: number; readonly rejected: number } | null;
  readonly rules: readonly EventRule[];
}
