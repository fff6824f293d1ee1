import { NS_PER_S } from '@ringtail/base';
import { ReaderError } from '../reader-error.ts';

/** A span of time, both ends included, in nanoseconds from the origin of the clocks. */
export interface TimeRange {
  readonly begin?: bigint | undefined;
  readonly end?: bigint | undefined;
}

export const NS_MIN = -(1n << 63n);
export const NS_MAX = (1n << 63n) - 1n;

/**
 * A bound of a time range as people write it: a time of day, with or without its date, or seconds from the origin.
 *
 * A time of day without a date belongs to the day on which a trace begins, which is only known when the trace is open.
 */
export type TimeBound =
  | { readonly kind: 'instant'; readonly ns: bigint }
  | { readonly kind: 'time-of-day'; readonly ns: bigint };

const TIME_OF_DAY = /^(?:(\d{4})-(\d{2})-(\d{2})[ T])?(\d{2}):(\d{2})(?::(\d{2}))?(?:\.(\d{1,9}))?$/;
const SECONDS = /^(-?)(\d+)(?:\.(\d{1,9}))?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * Reads `YYYY-MM-DD hh:mm:ss.nnnnnnnnn`, `hh:mm:ss.nnnnnnnnn` or `ss.nnnnnnnnn`.
 *
 * @param utc whether dates and times of day are meant in UTC instead of the local time zone
 * @throws {ReaderError} `BAD_TIME`
 */
export function parseTimeBound(text: string, utc: boolean): TimeBound {
  const trimmed = text.trim();
  const seconds = SECONDS.exec(trimmed);
  if (seconds !== null) {
    const ns = BigInt(seconds[2]!) * NS_PER_S + nanoseconds(seconds[3]);
    return { kind: 'instant', ns: inRange(seconds[1] === '-' ? -ns : ns, text) };
  }
  const date = DATE.exec(trimmed);
  if (date !== null) return { kind: 'instant', ns: secondsOf(date.slice(1).map(Number), [0, 0, 0], utc, text) };
  const match = TIME_OF_DAY.exec(trimmed);
  if (match === null) throw badTime(text);
  const [, year, month, day, hour, minute, second = '0', fraction] = match;
  const time = [hour, minute, second].map(Number) as [number, number, number];
  if (time[0] > 23 || time[1] > 59 || time[2] > 60) throw badTime(text);
  if (year === undefined) {
    const ofDay = BigInt(time[0] * 3600 + time[1] * 60 + time[2]);
    return { kind: 'time-of-day', ns: ofDay * NS_PER_S + nanoseconds(fraction) };
  }
  const ns = secondsOf([year, month, day].map(Number), time, utc, text);
  return { kind: 'instant', ns: ns + nanoseconds(fraction) };
}

/** `BEGIN,END` or `[BEGIN,END]` */
export function parseTimeRange(text: string, utc: boolean): { readonly begin: TimeBound; readonly end: TimeBound } {
  const inner = /^\s*\[(.*)\]\s*$/.exec(text)?.[1] ?? text;
  const parts = inner.split(',');
  if (parts.length !== 2) {
    throw new ReaderError(
      'BAD_TIME',
      `"${text}" is not a time range: write BEGIN,END with two times, as in 14:03:20,14:03:25`,
    );
  }
  return { begin: parseTimeBound(parts[0]!, utc), end: parseTimeBound(parts[1]!, utc) };
}

/** When a bound is, given when the trace begins. */
export function resolveTimeBound(bound: TimeBound, traceBeginNs: bigint, utc: boolean): bigint {
  return bound.kind === 'instant' ? bound.ns : dayBegin(traceBeginNs, utc) + bound.ns;
}

function dayBegin(ns: bigint, utc: boolean): bigint {
  const date = new Date(Number(ns / 1_000_000n));
  if (utc) date.setUTCHours(0, 0, 0, 0);
  else date.setHours(0, 0, 0, 0);
  return BigInt(date.getTime()) * 1_000_000n;
}

function secondsOf(
  date: readonly number[],
  [hour, minute, second]: readonly [number, number, number],
  utc: boolean,
  text: string,
): bigint {
  const [year, month, day] = date as [number, number, number];
  const instant = utc
    ? new Date(Date.UTC(year, month - 1, day, hour, minute, second))
    : new Date(year, month - 1, day, hour, minute, second);
  // Dates beyond the end of a month roll over into the next one.
  const found = utc ? instant.getUTCDate() : instant.getDate();
  if (Number.isNaN(instant.getTime()) || month < 1 || month > 12 || (found !== day && second < 60)) throw badTime(text);
  return inRange(BigInt(instant.getTime()) * 1_000_000n, text);
}

function nanoseconds(fraction = ''): bigint {
  return BigInt(fraction.padEnd(9, '0'));
}

function inRange(ns: bigint, text: string): bigint {
  if (ns < NS_MIN || ns > NS_MAX) throw badTime(text);
  return ns;
}

function badTime(text: string): ReaderError {
  return new ReaderError(
    'BAD_TIME',
    `"${text}" is not a time: write 14:03:20, 2026-11-20 14:03:20.5, or seconds since the origin: 1795183400.5`,
  );
}
