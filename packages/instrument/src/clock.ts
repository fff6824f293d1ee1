/** Captured at load: tests of programs replace the clock. */
const { bigint } = process.hrtime;

const NS_PER_MS = 1e6;

/** `CLOCK_MONOTONIC` in nanoseconds. A double holds 104 days to the nanosecond. */
export function nowNs(): number {
  return Number(bigint());
}

/** A duration in milliseconds, as Node.js gives them, in whole nanoseconds, as events have them. */
export function nsOfMs(ms: number): number {
  return Math.max(0, Math.round(ms * NS_PER_MS));
}
