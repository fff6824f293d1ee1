import { describe, expect, it } from 'vitest';
import { cyclesDeltaText, deltaText, TimeFormat } from './pretty-time.ts';

const at = (seconds: number, nanoseconds = 0) => ({ seconds, nanoseconds });

describe('time of day', () => {
  it('is in UTC on request, with nine digits', () => {
    const time = new TimeFormat({ utc: true }, () => {});
    expect(time.text(at(1_795_181_608, 481_419_684))).toBe('13:33:28.481419684');
    expect(time.text(at(59, 7))).toBe('00:00:59.000000007');
    expect(time.text(at(2 ** 45))).toMatch(/^\d\d:\d\d:\d\d\.000000000$/);
  });

  it('is in the local time zone otherwise, also where its offset changes', () => {
    const time = new TimeFormat({}, () => {});
    for (const seconds of [0, 1_700_000_000, 1_711_846_799, 1_711_846_800, 1_730_000_000]) {
      const date = new Date(seconds * 1000);
      const text = time.text(at(seconds)).split(':').map(Number);
      expect(text).toEqual([date.getHours(), date.getMinutes(), date.getSeconds()]);
    }
  });

  it('falls back to seconds for the first time before the origin, with a warning', () => {
    const warnings: string[] = [];
    const time = new TimeFormat({ utc: true }, (line) => warnings.push(line));
    expect(time.text(at(-2, 750_000_000))).toBe('-1.250000000');
    expect(time.text(at(-1, 999_999_999))).toBe('00:00:00.000000001');
    expect(warnings).toHaveLength(1);
  });
});

describe('delta', () => {
  it('carries over whole seconds', () => {
    expect(deltaText(at(1, 999_999_999), at(3, 1))).toBe('+1.000000002');
    expect(deltaText(at(5, 5), at(5, 5))).toBe('+0.000000000');
  });

  it('is negative where time goes back', () => {
    expect(deltaText(at(0, 330), at(0, 0))).toBe('-0.000000330');
    expect(deltaText(at(4, 294_900_000), at(0, 1000))).toBe('-4.294899000');
    expect(deltaText(at(1, 0), at(-1, 999_999_999))).toBe('-1.000000001');
    expect(cyclesDeltaText(2n ** 64n - 1n, 5n)).toBe('-18446744073709551610');
    expect(cyclesDeltaText(5n, 7n)).toBe('+000000000002');
  });
});
