import { describe, expect, it } from 'vitest';
import { trendOf } from './trend.ts';

const MINUTE_MS = 60_000;
const samples = (values: readonly number[]) => values.map((value, at) => ({ atMs: at * MINUTE_MS, value }));

describe('trendOf', () => {
  it('finds a leak that is small beside the noise', () => {
    const noisy = samples(Array.from({ length: 60 }, (_, at) => 100 + at + (at % 2 === 0 ? 20 : -20)));
    const { slope, growth } = trendOf('memory', noisy);
    expect(slope).toBeCloseTo(60, -1);
    expect(growth).toBeCloseTo(39, -1);
  });

  it('ignores the first third, the warm-up', () => {
    const { slope, growth, first } = trendOf('memory', samples([0, 50, 100, 100, 100, 100]));
    expect({ slope, growth, first }).toEqual({ slope: 0, growth: 0, first: 100 });
  });

  it('calls a single sample flat', () => {
    expect(trendOf('files', samples([7]))).toMatchObject({ slope: 0, growth: 0 });
  });
});
