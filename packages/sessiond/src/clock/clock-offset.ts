/** Readings of the two clocks; realtime has whole milliseconds, as `Date.now()`. */
export interface Clocks {
  readonly realtimeMs: () => number;
  readonly monotonicNs: () => bigint;
}

const SYSTEM_CLOCKS: Clocks = { realtimeMs: Date.now, monotonicNs: () => process.hrtime.bigint() };
/** A clock that stands still for this many readings does not count milliseconds. */
const READINGS_MAX = 1_000_000;

/**
 * Realtime minus monotonic, in nanoseconds.
 *
 * Waits for the realtime clock's next millisecond, at whose beginning its value is exact.
 */
export function clockOffsetNs(clocks: Clocks = SYSTEM_CLOCKS): bigint {
  const begin = clocks.realtimeMs();
  let before = clocks.monotonicNs();
  for (let reading = 0; reading < READINGS_MAX; reading++) {
    const now = clocks.realtimeMs();
    const after = clocks.monotonicNs();
    if (now !== begin) return BigInt(now) * 1_000_000n - (before + after) / 2n;
    before = after;
  }
  return BigInt(begin) * 1_000_000n - before;
}
