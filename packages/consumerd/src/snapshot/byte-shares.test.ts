import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteShares } from './byte-shares.ts';

describe('byteShares', () => {
  it('gives rings with little content all they need, and the others equal parts of the rest', () => {
    expect(byteShares([100, 10, 100, 0], 110)).toEqual([50, 10, 50, 0]);
    expect(byteShares([100, 10], 1000)).toEqual([100, 10]);
    expect(byteShares([], 1000)).toEqual([]);
  });

  it('gives no more than is wanted or available, and no ring less than a ring that wants less', () => {
    const bytes = fc.integer({ min: 0, max: 2 ** 31 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 20 }), bytes, (wanted, budget) => {
        const shares = byteShares(wanted, budget);
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
        expect(sum(shares)).toBeLessThanOrEqual(budget);
        if (sum(wanted) <= budget) expect(shares).toEqual(wanted);
        else expect(sum(shares)).toBeGreaterThan(budget - wanted.length);
        for (const [a, want] of wanted.entries()) {
          expect(shares[a]).toBeLessThanOrEqual(want);
          for (const [b, other] of wanted.entries())
            if (other >= want) expect(shares[b]! + 1).toBeGreaterThanOrEqual(shares[a]!);
        }
      }),
      { seed: 20261120 },
    );
  });
});
