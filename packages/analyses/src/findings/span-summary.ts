import { type NumberQuantiles, NumberSummary, type NumberSummaryState } from '../numbers/number-summary.ts';
import { type EventFields, firstText, numberOf } from './event-fields.ts';
import { reaches } from './rules.ts';
import type { SlowSpan } from './span.ts';
import type { SpanKind } from './span-kind.ts';
import type { WaitKind, WaitSummary } from './waits.ts';

const REPEATED_MAX = 16;
const ERRORS_MAX = 32;
const OTHER_ERRORS = 'other errors';
const REPEATABLE: readonly WaitKind[] = ['call', 'operation', 'file', 'sync-file'];

/** Equal calls during one span, in some spans of a label. */
export interface RepeatedCalls extends Pick<WaitSummary, 'kind' | 'target' | 'pattern'> {
  readonly spanCount: number;
  /** Calls in one span at most, and in all. Not whole if they are estimates. */
  readonly most: number;
  readonly total: number;
  /** Longest time of the calls of one span. */
  readonly longestNs: number;
  readonly isExact: boolean;
  /** The span with the most calls; the earliest if several have as many. */
  readonly worst: SpanTime;
}

/** When a span was. */
export type SpanTime = Pick<SlowSpan, 'beginNs' | 'durationNs'>;

export interface SpanSummaryState {
  readonly count: number;
  readonly durations: NumberSummaryState;
  readonly slowest: SlowSpan | undefined;
  readonly serverErrors: number;
  readonly aborted: number;
  readonly errors: readonly (readonly [code: string, count: number])[];
  readonly repeated: readonly RepeatedCalls[];
}

export interface SpanStatistics extends Omit<SpanSummaryState, 'count' | 'durations' | 'slowest'> {
  readonly label: string;
  readonly durations: NumberQuantiles;
  readonly slowest: SlowSpan;
}

/** A span that has ended. `plain` makes its data when it is needed: waits are still added until then. */
export interface EndedSpan extends SpanTime {
  plain(): SlowSpan;
}

/** Summarizes the spans with one label. */
export class SpanSummary {
  readonly #durations = new NumberSummary();
  #slowest: EndedSpan | undefined;
  #serverErrors = 0;
  #aborted = 0;
  readonly #errors = new Map<string, number>();
  readonly #repeated = new Map<string, RepeatedCalls>();

  get count(): number {
    return this.#durations.count;
  }

  /** @returns whether the span is the slowest until now */
  add(kind: SpanKind, span: EndedSpan, fields: EventFields): boolean {
    this.#durations.add(span.durationNs);
    const status = numberOf(fields, 'status');
    const error = errorOf(fields);
    if (error !== '') this.#addError(error, 1);
    if (kind === 'request') {
      if (status >= 500) this.#serverErrors++;
      if (numberOf(fields, 'aborted') === 1) this.#aborted++;
    } else if (error === '' && kind === 'call' && status >= 500) this.#addError(`status ${status}`, 1);
    return this.#keepSlowest(span);
  }

  #keepSlowest(span: EndedSpan): boolean {
    const known = this.#slowest;
    const isSlower =
      known === undefined ||
      span.durationNs > known.durationNs ||
      (span.durationNs === known.durationNs && span.beginNs < known.beginNs);
    if (isSlower) this.#slowest = span;
    return isSlower;
  }

  #addError(code: string, count: number): void {
    const key = this.#errors.has(code) || this.#errors.size < ERRORS_MAX ? code : OTHER_ERRORS;
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + count);
  }

  /** Looks for equal calls among the waits of a span that has ended. */
  addWaits(waits: readonly WaitSummary[], isExact: boolean, { beginNs, durationNs }: SpanTime): void {
    for (const { kind, target, pattern, share, totalNs } of waits) {
      if (!REPEATABLE.includes(kind) || !reaches('repeated-calls', Math.round(share))) continue;
      this.#addRepeated({
        kind,
        target,
        pattern,
        spanCount: 1,
        most: share,
        total: share,
        longestNs: totalNs,
        isExact,
        worst: { beginNs, durationNs },
      });
    }
  }

  #addRepeated(calls: RepeatedCalls): void {
    const key = JSON.stringify([calls.kind, calls.target, calls.pattern]);
    const known = this.#repeated.get(key);
    if (known === undefined) {
      if (this.#repeated.size < REPEATED_MAX) this.#repeated.set(key, calls);
      return;
    }
    const isWorse = calls.most > known.most || (calls.most === known.most && calls.worst.beginNs < known.worst.beginNs);
    this.#repeated.set(key, {
      ...known,
      spanCount: known.spanCount + calls.spanCount,
      most: Math.max(known.most, calls.most),
      total: known.total + calls.total,
      longestNs: Math.max(known.longestNs, calls.longestNs),
      isExact: known.isExact && calls.isExact,
      worst: isWorse ? calls.worst : known.worst,
    });
  }

  state(): SpanSummaryState {
    return {
      count: this.count,
      durations: this.#durations.state(),
      slowest: this.#slowest?.plain(),
      serverErrors: this.#serverErrors,
      aborted: this.#aborted,
      errors: [...this.#errors],
      repeated: [...this.#repeated.values()],
    };
  }

  merge({ durations, slowest, serverErrors, aborted, errors, repeated }: SpanSummaryState): void {
    this.#durations.merge(durations);
    if (slowest !== undefined) this.#keepSlowest({ ...slowest, plain: () => slowest });
    this.#serverErrors += serverErrors;
    this.#aborted += aborted;
    for (const [code, count] of errors) this.#addError(code, count);
    for (const calls of repeated) this.#addRepeated(calls);
  }

  data(label: string): SpanStatistics {
    const { slowest, serverErrors, aborted, errors, repeated } = this.state();
    return {
      label,
      durations: this.#durations.quantiles()!,
      slowest: slowest!,
      serverErrors,
      aborted,
      errors: [...errors].sort(([a, m], [b, n]) => n - m || compareTexts(a, b)),
      repeated: [...repeated].sort((a, b) => b.most - a.most || compareTexts(a.pattern, b.pattern)),
    };
  }
}

/** The error of a span: a text or code, or whether there is one. Empty without an error. */
function errorOf(fields: EventFields): string {
  const error = firstText(fields, 'error');
  // Of a number or a boolean.
  if (error === '0') return '';
  return error === '1' ? 'error' : error;
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
