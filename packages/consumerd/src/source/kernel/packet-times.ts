/** A time of the kernel in two unsigned halves of 32 bits. */
export interface SplitTime {
  readonly low: number;
  readonly high: number;
}

const HALF = 2 ** 32;
/** Upper half from which on a number cannot hold all times: 2^53. */
const INEXACT_HIGH = 2 ** 21;
/** Bits that are rounded where numbers are not exact, up to 2^61. */
const ROUNDED_BITS = 0xff;

/** The time as a number, not after it. Nanoseconds since boot exceed 2^53 after 104 days. */
export function notAfter({ low, high }: SplitTime): number {
  return high * HALF + (high < INEXACT_HIGH ? low : (low & ~ROUNDED_BITS) >>> 0);
}

/** The time as a number, not before it. */
export function notBefore({ low, high }: SplitTime): number {
  return high * HALF + (high < INEXACT_HIGH ? low : ((low | ROUNDED_BITS) >>> 0) + 1);
}

/**
 * Begin and end of a packet with these times of its first and last record.
 *
 * A packet begins at the end of the one before, as all our packets do. Records have only the low half of their times,
 * so the first record is less than 2^32 ns after the begin: after a longer pause, the packet begins just before it.
 *
 * @param lastTimestamp end of the packet before; 0 if there is none
 */
export function packetSpan(first: SplitTime, last: SplitTime, lastTimestamp: number): { begin: number; end: number } {
  const firstAt = notAfter(first);
  const isClose = lastTimestamp > 0 && firstAt - lastTimestamp < HALF - 1 - ROUNDED_BITS;
  const begin = isClose ? Math.min(lastTimestamp, firstAt) : Math.max(0, firstAt - 1);
  return { begin, end: Math.max(begin + 1, notBefore(last)) };
}
