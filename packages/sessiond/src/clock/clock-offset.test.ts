import { describe, expect, it } from 'vitest';
import { clockOffsetNs } from './clock-offset.ts';

describe('clockOffsetNs', () => {
  it('is exact to the distance of two readings, though realtime has milliseconds only', () => {
    const offset = 1_795_180_072_928_619_643n;
    let monotonic = 7_123_456n;
    const clocks = {
      realtimeMs: () => Number((monotonic + offset) / 1_000_000n),
      monotonicNs: () => {
        monotonic += 100n;
        return monotonic;
      },
    };
    const measured = clockOffsetNs(clocks);
    const error = measured > offset ? measured - offset : offset - measured;
    expect(error).toBeLessThanOrEqual(200n);
  });

  it('does not wait for a clock that stands still', () => {
    expect(clockOffsetNs({ realtimeMs: () => 5, monotonicNs: () => 1n })).toBe(4_999_999n);
  });
});
