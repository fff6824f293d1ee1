import type { ArgumentCapture, EventSpec, FilterExpression } from '@ringtail/ctf';
import type { CapturedValue, EventHeaderKind } from '@ringtail/protocol';
import type { RingProducer } from '@ringtail/ringbuf';
import type { ThreadClock } from '../clock/thread-clock.ts';
import type { ContextLookup, ContextSource } from '../context/context-source.ts';

/** Records one event with the arguments the application passed. Never throws. */
export type Recorder = (...values: never[]) => void;

/** Where a recorder writes: one channel's ring of this thread. */
export interface RecorderTarget {
  readonly ring: RingProducer;
  /** Event record class identifier in that channel. */
  readonly id: number;
  readonly header: EventHeaderKind;
  readonly clock: ThreadClock;
  /** Fields between header and payload, in this order. */
  readonly contexts: readonly ContextSource[];
  /** Which of the events are recorded; null for all. */
  readonly condition: RecorderCondition | null;
}

/** Filters of the rules that want an event: it is recorded if one of them is true. */
export interface RecorderCondition {
  readonly anyOf: readonly FilterExpression[];
  /** For the contexts that filters name; they need not be recorded. */
  readonly lookUpContext: ContextLookup;
  /** Where it is counted how often that was looked at; absent: nowhere. */
  readonly counters?: FilterCounters;
}

/** Indexes of counters: how often an event was looked at, and how often none of the filters was true. */
export interface FilterCounters {
  readonly f64: Float64Array;
  readonly evaluated: number;
  readonly rejected: number;
}

/** A trigger whose rule takes the event. */
export interface TriggerTarget {
  /** Which of the events set it off; null: all. */
  readonly condition: RecorderCondition | null;
  /** Counter that each of them adds one to; null: none. */
  readonly counter: { readonly f64: Float64Array; readonly index: number } | null;
  /** Shared by targets of one recorder of which an event counts once; null: each counts. */
  readonly once: CountedOnce | null;
  /** Who is told of each; null: nobody. */
  readonly reports: TriggerReports | null;
  /** Reads what they are told; null: nothing. */
  readonly capture: ArgumentCapture | null;
}

/** A counter of how often a target counted an event that another of those who share this had counted. */
export interface CountedOnce {
  readonly f64: Float64Array;
  readonly index: number;
  /** Whether the event that is being looked at has been counted. */
  counted: boolean;
}

/** Told of what sets a trigger off. Never throws. */
export interface TriggerReports {
  matched(captures: readonly CapturedValue[]): void;
  /** An event could not be looked at: it was hit inside a recorder, or the filter threw. */
  missed(): void;
}

/** What all tracepoints of a thread share; recorders and tracepoints hold on to this one object. */
export interface Gate {
  /** The control page, or plain memory while there is no daemon; word GENERATION says what recorders are good for. */
  page: Uint32Array;
  /** 1 while a recorder runs: values may run code of the application that hits tracepoints. */
  inside: 0 | 1;
  /** Told what a tracepoint would have thrown. */
  readonly failed: (error: unknown, site: object) => void;
}

export interface RecorderPlan {
  readonly event: EventSpec;
  readonly targets: readonly RecorderTarget[];
  readonly triggers: readonly TriggerTarget[];
  readonly gate: Gate;
  /** Says which generation this recorder is good for: one that changes nothing for its event it survives. At any other it calls `stale`. */
  readonly site: { readonly on: number };
  readonly stale: Recorder;
}
