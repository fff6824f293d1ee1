import { ControlPage } from '@ringtail/protocol';
import type { Gate } from './recorder-plan.ts';
import type { Site } from './tracepoint-function.ts';

/** Gives a begun span its identifier and its parent. */
export interface SpanNumbers {
  /** Another identifier at each call; never 0. */
  next(): number;
  /** The span in which the running code is; 0 outside of spans. */
  current(): number;
}

/** The tracepoint of an event of a span. */
export interface SpanEvent {
  readonly site: Site;
  readonly tracepoint: (...values: never[]) => void;
  /** Whether it is to be called, to record or to count the event. Makes the recorder of a new generation. */
  readonly isWanted: () => boolean;
}

export type SpanBegin = (...values: never[]) => number;
export type SpanEnd = (id: number, ...values: never[]) => void;

/** Fields of the begin before the program's: identifier and parent. */
export const BEGIN_FIELDS = 2;
/** Fields of the end before the program's: identifier, error and its message. */
export const END_FIELDS = 3;

const GENERATION = ControlPage.GENERATION / 4;
/** Captured at load: programs may replace how arrays are spread. */
const { apply } = Reflect;

/**
 * Compiles the function that begins a span. It passes its arguments on without an array.
 *
 * While the begin is disabled, a call costs one load and one compare, as one of a tracepoint does. Its result is 0.
 */
export function compileSpanBegin(begin: SpanEvent, gate: Gate, numbers: SpanNumbers): SpanBegin {
  const names = namesAfter(BEGIN_FIELDS, begin.site);
  const body = `
    return function begin(${names.join(', ')}) {
      if (gate.page[${GENERATION}] === site.off) return 0;
      if (gate.page[${GENERATION}] !== site.on && !isWanted()) return 0;
      const id = numbers.next();
      tracepoint(${['id', 'numbers.current()', ...names].join(', ')});
      return id;
    };`;
  const { site, tracepoint, isWanted } = begin;
  const constants = { site, gate, numbers, tracepoint, isWanted };
  return new Function(...Object.keys(constants), body)(...Object.values(constants)) as SpanBegin;
}

/** Compiles the function that ends a span which has not failed. A span whose begin was disabled has no end. */
export function compileSpanEnd({ site, tracepoint }: SpanEvent): SpanEnd {
  const names = namesAfter(END_FIELDS, site);
  const body = `
    return function end(${['id', ...names].join(', ')}) {
      if (id !== 0) tracepoint(${['id', "''", "''", ...names].join(', ')});
    };`;
  return new Function('tracepoint', body)(tracepoint) as SpanEnd;
}

function namesAfter(own: number, { event }: Site): string[] {
  return event.fields.slice(own).map((_, i) => `a${i}`);
}

/** The same as compileSpanBegin where code generation is forbidden. */
export function buildSpanBegin(begin: SpanEvent, gate: Gate, numbers: SpanNumbers): SpanBegin {
  const { site, tracepoint, isWanted } = begin;
  return (...values: unknown[]) => {
    if (gate.page[GENERATION] === site.off) return 0;
    if (gate.page[GENERATION] !== site.on && !isWanted()) return 0;
    const id = numbers.next();
    apply(tracepoint, undefined, prefixed([id, numbers.current()], values));
    return id;
  };
}

/** The same as compileSpanEnd where code generation is forbidden. */
export function buildSpanEnd({ tracepoint }: SpanEvent): SpanEnd {
  return (id: number, ...values: unknown[]) => {
    if (id !== 0) apply(tracepoint, undefined, prefixed([id, '', ''], values));
  };
}

/** Adds values to a list. */
export function prefixed(list: unknown[], values: readonly unknown[]): unknown[] {
  for (let i = 0; i < values.length; i++) list[list.length] = values[i];
  return list;
}
