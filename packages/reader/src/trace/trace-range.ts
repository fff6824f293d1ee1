import { resolveTimeBound, type TimeBound, type TimeRange } from '../cut/time-range.ts';
import { ReaderError } from '../reader-error.ts';
import type { OpenedTrace } from './opened-trace.ts';

/** Bounds of a time range as a user gives them. */
export interface TimeBounds {
  /** Only events from here on. Packets before are not read. */
  readonly begin?: TimeBound | undefined;
  /** Only events up to here. Packets behind are not read. */
  readonly end?: TimeBound | undefined;
  /** Whether times of day are meant in UTC. */
  readonly utc?: boolean;
}

/**
 * The time range between two bounds. A time of day without a date belongs to the day on which the first trace begins.
 *
 * @throws {ReaderError} `BAD_TIME`
 */
export function timeRangeOf(traces: readonly OpenedTrace[], { begin, end, utc = false }: TimeBounds): TimeRange {
  if (begin === undefined && end === undefined) return {};
  const traceBegin = traces
    .flatMap(({ streams }) => streams.map(({ firstBeginNs }) => firstBeginNs))
    .reduce<bigint | undefined>((least, ns) => (ns !== undefined && (least ?? ns) >= ns ? ns : least), undefined);
  const resolve = (bound: TimeBound | undefined) => bound && resolveTimeBound(bound, traceBegin ?? 0n, utc);
  const range = { begin: resolve(begin), end: resolve(end) };
  if (range.begin !== undefined && range.end !== undefined && range.begin > range.end) {
    throw new ReaderError('BAD_TIME', 'the time range ends before it begins');
  }
  return range;
}

/**
 * The time during which all data streams of a trace were recorded.
 *
 * @throws {ReaderError} `NO_INTERSECTION`
 */
export function intersectionOf(trace: OpenedTrace): TimeRange {
  let begin: bigint | undefined;
  let end: bigint | undefined;
  const fail = (message: string) => new ReaderError('NO_INTERSECTION', message).within(trace.place);
  for (const { index, lastEndNs: last } of trace.streams) {
    const first = index.packets[0]?.beginNs;
    if (first === undefined || last === undefined) throw fail('the begin or the end of a data stream is unknown');
    if (begin === undefined || first > begin) begin = first;
    if (end === undefined || last < end) end = last;
  }
  if (begin === undefined || end === undefined) throw fail('the trace has no data streams');
  if (begin > end) throw fail('there is no time at which all data streams were recorded');
  return { begin, end };
}

/** The time that two ranges have in common. */
export function commonRange(a: TimeRange, b: TimeRange): TimeRange {
  const begin = a.begin === undefined || (b.begin !== undefined && b.begin > a.begin) ? b.begin : a.begin;
  const end = a.end === undefined || (b.end !== undefined && b.end < a.end) ? b.end : a.end;
  return { begin, end };
}
