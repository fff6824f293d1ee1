import { describe, expect, it } from 'vitest';
import { NumberSummary, RELATIVE_ERROR, VALUES_EXACT_MAX } from './number-summary.ts';

/** Numbers of all sizes and both signs, the same for each run. */
function madeNumbers(count: number): number[] {
  let state = 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const size = 10 ** ((state % 19) - 3);
    return (state % 5 === 0 ? -1 : 1) * size * (1 + (state >>> 8) / 2 ** 24);
  });
}

function summaryOf(values: readonly (number | bigint)[]): NumberSummary {
  const summary = new NumberSummary();
  for (const value of values) summary.add(value);
  return summary;
}

function naive(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

describe('a summary of numbers', () => {
  it.each([1, 2, 3, 100, 101, VALUES_EXACT_MAX])('has the exact quantiles of %i values', (count) => {
    const values = madeNumbers(count);
    expect(summaryOf(values).quantiles()).toEqual({
      count,
      minimum: Math.min(...values),
      maximum: Math.max(...values),
      median: naive(values, 0.5),
      p99: naive(values, 0.99),
      isExact: true,
    });
  });

  it.each([VALUES_EXACT_MAX + 1, 50_000])('has the quantiles of %i values within the stated error', (count) => {
    const values = madeNumbers(count);
    const { minimum, maximum, median, p99, isExact } = summaryOf(values).quantiles()!;
    expect([minimum, maximum, isExact]).toEqual([naive(values, 0), naive(values, 1), false]);
    for (const [found, share] of [
      [median, 0.5],
      [p99, 0.99],
    ] as const) {
      const right = naive(values, share);
      expect(Math.abs(Number(found) - right)).toBeLessThanOrEqual(Math.abs(right) * RELATIVE_ERROR);
    }
  });

  it('has exact quantiles of many small whole numbers', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => (i % 400) - 199);
    expect(summaryOf(values).quantiles()).toMatchObject({ median: naive(values, 0.5), p99: naive(values, 0.99) });
  });

  it('keeps integers of 64 bits exact as minimum and maximum, and leaves NaN out', () => {
    const [least, most] = [-(2n ** 63n), 2n ** 64n - 1n];
    const summary = summaryOf([5, Number.NaN, most, least, 7]);
    expect(summary.quantiles()).toMatchObject({ count: 4, minimum: least, maximum: most, median: 5 });
    expect(summaryOf([Number.NaN]).quantiles()).toBeUndefined();
  });

  it('has infinite values and zeros in their places', () => {
    const zeros = new Array<number>(VALUES_EXACT_MAX).fill(0);
    const found = summaryOf([...zeros, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -0]).quantiles();
    expect(found).toMatchObject({ minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY, median: 0 });
  });

  it.each([300, 3000, 30_000])('is the same for parts of %i values, merged in any order', (count) => {
    const values = madeNumbers(count);
    const parts = [0, 0.1, 0.15, 0.7, 1].map((share) => Math.floor(share * count));
    const states = parts.slice(1).map((end, i) => summaryOf(values.slice(parts[i], end)).state());
    const whole = summaryOf(values).quantiles();
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      const merged = new NumberSummary();
      for (const i of order) merged.merge(structuredClone(states[i]!));
      expect(merged.quantiles()).toEqual(whole);
    }
  });
});
