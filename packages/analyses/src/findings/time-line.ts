import { type Instant, nanosecondsOf } from '@ringtail/base';

const NS_PER_SECOND = 1_000_000_000n;

/** Times as numbers that hold nanoseconds exactly: they count from the second of the first event. */
export class TimeLine {
  #baseSeconds: number | undefined;

  at({ seconds, nanoseconds }: Instant): number {
    this.#baseSeconds ??= seconds;
    return (seconds - this.#baseSeconds) * 1e9 + nanoseconds;
  }

  /** Nanoseconds from the clock's origin. */
  absolute(at: number): bigint {
    return nanosecondsOf({ seconds: this.#baseSeconds ?? 0, nanoseconds: 0 }) + BigInt(Math.round(at));
  }
}

/** Seconds with nine digits, as the options of commands take them. */
export function secondsText(ns: bigint): string {
  return `${ns / NS_PER_SECOND}.${String(ns % NS_PER_SECOND).padStart(9, '0')}`;
}

export function least<T extends bigint | undefined>(a: T, b: T): T {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

export function greatest<T extends bigint | undefined>(a: T, b: T): T {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
