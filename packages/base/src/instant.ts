import { NS_PER_S } from './units.ts';

/** A point in time, counted from the origin of a clock. */
export interface Instant {
  /** Whole seconds, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

export function instantOf(ns: bigint): Instant {
  const nanoseconds = ((ns % NS_PER_S) + NS_PER_S) % NS_PER_S;
  return { seconds: Number((ns - nanoseconds) / NS_PER_S), nanoseconds: Number(nanoseconds) };
}

export function nanosecondsOf({ seconds, nanoseconds }: Instant): bigint {
  return BigInt(seconds) * NS_PER_S + BigInt(nanoseconds);
}

export function isBefore(a: Instant, b: Instant): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);
}
