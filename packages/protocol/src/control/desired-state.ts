import type { EventHeaderKind } from '../model/channel.ts';
import type { EventRule } from '../model/event-rule.ts';
import type { RecordingRule } from '../model/probe.ts';
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
  /** Index of the counter that each match adds one to. */
  readonly counter: number;
  /** Counters of maps that each match adds one to as well. */
  readonly keys: readonly MapKey[];
  /** Report matches to the daemon (`trigger-matched`); null: only count. */
  readonly reports: DesiredReports | null;
}

export interface DesiredReports {
  /** Expressions whose values a report has. */
  readonly captures: readonly string[];
  /** Index of the counter of events that could not be evaluated. */
  readonly missed: number;
}

/**
 * A key of a map, which the template gives for an event. The thread assigns a counter to each key, and announces it
 * (`counters`).
 */
export interface MapKey {
  /** Announced with the counter. */
  readonly group: number;
  /** Equal keys of one scope share a counter. An event adds one to it, however many triggers it matches. */
  readonly scope: number;
  readonly template: string;
}

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
  readonly rules: readonly RecordingRule[];
}
