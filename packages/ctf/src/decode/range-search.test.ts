import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeSearch } from './range-search.ts';

describe('range search', () => {
  it('finds the first range that holds a value, however they overlap', () => {
    const range = fc.tuple(fc.integer({ min: -20, max: 20 }), fc.nat(8));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), (pairs) => {
        const ranges = pairs.map(([lower, length], meaning) => {
          return { lower: BigInt(lower), upper: BigInt(lower + length), meaning };
        });
        const search = rangeSearch(ranges);
        for (let value = -22; value <= 30; value++) {
          const wanted = ranges.findIndex(({ lower, upper }) => lower <= value && value <= upper);
          expect(search(value)).toBe(wanted);
          expect(search(BigInt(value))).toBe(wanted);
        }
      }),
    );
  });

  it('does not walk over all ranges', () => {
    const ranges = Array.from({ length: 50_000 }, (_, i) => ({
      lower: BigInt(50_000 - i),
      upper: 1n << 64n,
      meaning: i,
    }));
    const search = rangeSearch(ranges);
    let sum = 0;
    for (let i = 0; i < 1_000_000; i++) sum += search(i % 100_000);
    expect(sum).toBe(10 * ((50_000 * 49_999) / 2 - 1));
  });
});
