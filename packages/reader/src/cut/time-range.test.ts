import { describe, expect, it } from 'vitest';
import { ReaderError } from '../reader-error.ts';
import { parseTimeBound, parseTimeRange, resolveTimeBound } from './time-range.ts';

const DAY_NS = 86_400_000_000_000n;

describe('a bound of a time range', () => {
  it.each([
    ['0', 0n],
    ['12.5', 12_500_000_000n],
    ['-1.000000001', -1_000_000_001n],
    ['1970-01-02', DAY_NS],
    ['1970-01-02 00:00', DAY_NS],
    ['1970-01-02 00:00:01.5', DAY_NS + 1_500_000_000n],
  ])('%s is that long after the origin', (text, ns) => {
    expect(parseTimeBound(text, true)).toEqual({ kind: 'instant', ns });
  });

  it('without a date belongs to the day on which the trace begins', () => {
    const bound = parseTimeBound('01:00:00.000000007', true);
    expect(resolveTimeBound(bound, 3n * DAY_NS + 5n, true)).toBe(3n * DAY_NS + 3_600_000_000_007n);
  });

  it('is in the local time zone unless UTC is asked for', () => {
    const { ns } = parseTimeBound('2024-07-01 12:00:00', false);
    expect(ns).toBe(BigInt(new Date(2024, 6, 1, 12).getTime()) * 1_000_000n);
  });

  it.each(['', 'now', '1970-02-30', '1970-13-01', '24:00:00', '1:2:3', '1.0000000001', '99999999999999'])(
    'is not %j',
    (text) => {
      expect(() => parseTimeBound(text, true)).toThrow(ReaderError);
    },
  );

  it('comes in pairs, with or without brackets', () => {
    const range = { begin: { kind: 'instant', ns: 1_000_000_000n }, end: { kind: 'instant', ns: 2_000_000_000n } };
    expect(parseTimeRange('1,2', true)).toEqual(range);
    expect(parseTimeRange('[1, 2]', true)).toEqual(range);
    expect(() => parseTimeRange('1', true)).toThrow(ReaderError);
  });
});
