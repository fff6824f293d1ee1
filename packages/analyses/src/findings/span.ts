import type { PlainValue } from '../fields/field-place.ts';
import type { EventFields } from './event-fields.ts';
import type { SpanKind } from './span-kind.ts';
import { type Wait, type WaitSummary, Waits } from './waits.ts';

/** Names of the two events of a span, and the field that relates them. */
export interface SpanClass {
  readonly kind: SpanKind;
  readonly begin: string;
  readonly end: string;
  /** Undefined if the thread or the data stream relates begin and end. */
  readonly idField: string | undefined;
}

/** Where and when a span begins. */
export interface SpanBegin {
  readonly of: SpanClass;
  readonly id: PlainValue | undefined;
  readonly pid: PlainValue | undefined;
  readonly tid: PlainValue | undefined;
  /** Nanoseconds on the time line of the analysis. */
  readonly begin: number;
  readonly fields: EventFields;
  /** Of the request whose code this is; undefined outside of requests, and without the context. */
  readonly requestId: PlainValue | undefined;
  /** Spans that are open in its thread at its begin. */
  readonly openCounts: { readonly request: number; readonly operation: number };
}

/** A slow span with the waits during it. */
export interface SlowSpan extends SpanClass, Pick<SpanBegin, 'id' | 'pid' | 'tid' | 'fields'> {
  readonly beginNs: bigint;
  readonly durationNs: number;
  readonly waits: readonly WaitSummary[];
  /** Whether events name the request that they belong to; otherwise waits belong to a span by time and thread. */
  readonly isExact: boolean;
}

/** A begin that waits for its end, and later the whole span, which still receives late waits. */
export class Span {
  readonly start: SpanBegin;
  end = Number.POSITIVE_INFINITY;
  isExact = false;
  #waits: Waits | undefined;

  constructor(start: SpanBegin) {
    this.start = start;
  }

  /** Adds the part of a wait that is during this span. */
  add(wait: Wait, share: number): void {
    const ns = Math.min(wait.end, this.end) - Math.max(wait.start, this.start.begin);
    if (ns <= 0) return;
    this.#waits ??= new Waits();
    this.#waits.add(wait, ns, share);
  }

  get waits(): WaitSummary[] {
    return this.#waits?.rows() ?? [];
  }
}
