import type { ArgumentCapture, EventSpec, FilterExpression } from '@ringtail/ctf';
import type { CapturedValue, EventHeaderKind } from '@ringtail/protocol';
import type { RingProducer } from '@ringtail/ringbuf';
import type { ThreadClock } from '../clock/thread-clock.ts';
import type { ContextLookup, ContextSource } from '../context/context-source.ts';
import type { WrongFieldCounts } from './wrong-values.ts';

/** Records one event with the arguments the application passed. Never throws. */
export type Recorder = (...values: never[]) => void;

/** The place where a recorder writes: one channel's ring of this thread. */
export interface RecorderTarget {
  readonly ring: RingProducer;
  /** Event record class identifier in that channel. */
  readonly id: number;
  readonly header: EventHeaderKind;
  readonly clock: ThreadClock;
  /** Fields between header and payload, in this order. */
  readonly contexts: readonly ContextSource[];
  /** Null if all events are recorded. */
  readonly condition: RecorderCondition | null;
  readonly wrongFields: WrongFieldCounts;
}

/** Filters of the rules that match an event. The event is recorded if one of them is true. */
export interface RecorderCondition {
  readonly anyOf: readonly FilterExpression[];
  /** Finds the contexts that filters name, recorded or not. */
  readonly lookUpContext: ContextLookup;
  /** Absent if evaluations are not counted. */
  readonly counters?: FilterCounters;
}

/** Indexes of counters: evaluations of the filters, and evaluations where none of them was true. */
export interface FilterCounters {
  readonly f64: Float64Array;
  readonly evaluated: number;
  readonly rejected: number;
}

/** A trigger whose rule matches the event. */
export interface TriggerTarget {
  /** Null if every event sets it off. */
  readonly condition: RecorderCondition | null;
  /** Counts each of them; null if none can. */
  readonly counter: Counter | null;
  /** Further counters. */
  readonly keys: readonly CountedOnce[];
  /** Gets a report of each; null if none are sent. */
  readonly reports: TriggerReports | null;
  /** Reads the values for the reports; null if they have none. */
  readonly capture: ArgumentCapture | null;
}

/** A counter of this thread that a daemon reads. */
export interface Counter {
  readonly f64: Float64Array;
  readonly index: number;
}

/** A counter that targets may share. It counts each event once. */
export interface CountedOnce extends Counter {
  /** Whether it has counted the current event. */
  counted: boolean;
}

/** Receives the events that set a trigger off. Never throws. */
export interface TriggerReports {
  matched(captures: readonly CapturedValue[]): void;
  /** An event could not be checked: it was hit inside a recorder, or the filter threw. */
  missed(): void;
}

/** State that all tracepoints of a thread share: this object stays the same for recorders and tracepoints. */
export interface Gate {
  /**
   * The control page, or plain memory while there is no daemon. Recorders compare its word GENERATION with their own.
   */
  page: Uint32Array;
  /** 1 while a recorder runs: it may run code of the application that hits tracepoints. */
  inside: 0 | 1;
  /** Receives an error that a tracepoint would have thrown. */
  readonly failed: (error: unknown, site: object) => void;
}

export interface RecorderPlan {
  readonly event: EventSpec;
  readonly targets: readonly RecorderTarget[];
  readonly triggers: readonly TriggerTarget[];
  readonly gate: Gate;
  /**
   * `on` is the generation that this recorder is valid for; at any other it calls `stale`. A new generation that does
   * not concern the event changes `on`, and the recorder stays.
   */
  readonly site: { readonly on: number };
  readonly stale: Recorder;
}
