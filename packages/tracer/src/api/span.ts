import type { ArgumentsOf, FieldList, TracepointOptions } from './tracepoint.ts';

/** The identifier of a begun span; 0 if no session records it. */
export type SpanId = number & { readonly [idOnly]: 'span' };

declare const idOnly: unique symbol;

/**
 * A span: something that begins and ends, with an event for each. Its methods never throw, and may be taken off the
 * object. While no session records it, `begin` costs as much as a disabled tracepoint, and the others one compare.
 */
export interface Span<Begin extends readonly unknown[], Results extends readonly unknown[]> {
  /**
   * Begins a span, with one value for each of its fields, in order.
   *
   * @returns its identifier, for the other methods. Spans with different identifiers may overlap in any way
   */
  begin(...values: Begin): SpanId;
  /** Ends a span, with one value for each of its results, in order. */
  end(id: SpanId, ...results: Results): void;
  /**
   * Ends a span that has failed. Its results are 0 or empty.
   *
   * @param error its `code`, else its name, and its message are recorded. A text is recorded as it is
   */
  fail(id: SpanId, error: unknown): void;
  /**
   * Calls a function as a part of a span: spans that it begins, also later in asynchronous code, name this one as their
   * parent.
   *
   * @returns the result of the function. Its errors pass through; the span is not ended
   */
  run<Result>(id: SpanId, callback: () => Result): Result;
  /** Whether a begin would record now: for programs whose arguments are costly to compute. */
  readonly enabled: boolean;
}

export interface SpanOptions<Results extends FieldList> extends TracepointOptions {
  /** Fields of the end: a `[name, type]` pair for each argument of `end` after the identifier, in order. */
  readonly results?: Results;
}

/** The span with these fields and results. */
export type SpanOf<Fields extends FieldList, Results extends FieldList> = Span<
  ArgumentsOf<Fields>,
  ArgumentsOf<Results>
>;
