import type { Instant } from '@ringtail/base';
import type { FieldClass, FieldValue } from '@ringtail/ctf';
import type { SampledFunction } from '../profiles/functions.ts';
import type { Stacks } from '../profiles/stacks.ts';

/** A process of a timeline, or the trace itself where events contain no process. One object for each. */
export interface TimelineProcess {
  /** Unique in the timeline: the recorded number where no other process has it. */
  readonly pid: number;
  readonly name: string;
  /** Name of the computer; undefined if it is unknown. */
  readonly host: string | undefined;
}

/** A thread of a timeline, or a data stream where events contain no thread. One object for each. */
export interface TimelineThread {
  readonly process: TimelineProcess;
  /** Unique in its process. */
  readonly tid: number;
  readonly name: string;
}

/** A field of an event or of its contexts. */
export interface ArgumentColumn {
  readonly name: string;
  readonly fieldClass: FieldClass;
}

/** Fields of an event: a value for each column, in the same order. */
export interface EventArguments {
  readonly columns: readonly ArgumentColumn[];
  readonly values: readonly FieldValue[];
}

/** A row of slices below a thread, for what runs beside the thread's own code. */
export interface Lane {
  readonly thread: TimelineThread;
  readonly name: string;
}

/** Slices of a lane that lie in each other: a request with the calls that it waits for. */
export interface LaneGroup {
  readonly lane: Lane;
  /** Unique in the timeline. */
  readonly id: number;
}

interface TimelineEvent {
  readonly thread: TimelineThread;
  readonly name: string;
  /** Name of the provider. */
  readonly category: string;
  /** Of one event, or of the begin and the end. */
  readonly args: readonly EventArguments[];
  /** Equal in everything that belongs to one request, also in different threads; undefined outside of requests. */
  readonly flow: string | undefined;
}

/** A time span. Times are nanoseconds from the timeline's zero. */
export interface TimelineSlice extends TimelineEvent {
  /** Undefined for the thread itself: its slices lie in each other, or do not touch. */
  readonly group: LaneGroup | undefined;
  readonly begin: number;
  readonly end: number;
  /** Whether the trace ends before the slice. */
  readonly isUnfinished: boolean;
  /** Whether this is the request from which the flow comes. */
  readonly isRequest: boolean;
}

export interface TimelineInstant extends TimelineEvent {
  readonly at: number;
}

/** A value of a quantity over time. */
export interface TimelineGauge {
  readonly thread: TimelineThread;
  readonly name: string;
  readonly unit: GaugeUnit;
  readonly at: number;
  readonly value: number;
}

export type GaugeUnit = 'bytes' | 'percent';

/** Samples of the stack of a thread. */
export interface TimelineSamples {
  readonly thread: TimelineThread;
  /** Stacks of the thread, which grow from time to time. */
  readonly stacks: Stacks;
  /** By the numbers that stacks contain. */
  readonly functions: readonly SampledFunction[];
  /** A time and a stack for each sample. */
  readonly times: readonly number[];
  readonly samples: readonly number[];
}

/** Receives a timeline in the order in which slices and instants end. */
export interface TimelineWriter {
  /** False if nobody reads what is written. */
  readonly isWanted: boolean;
  /** Called first. @param zero the timeline's zero. @param isDate whether times count from the Unix epoch */
  start(zero: Instant, isDate: boolean): void;
  slice(slice: TimelineSlice): void;
  instant(instant: TimelineInstant): void;
  gauge(gauge: TimelineGauge): void;
  samples(samples: TimelineSamples): void;
  /** Called last, also for a timeline without events. */
  finish(): void;
}
