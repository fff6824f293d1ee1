import { expect, it } from 'vitest';
import { instantOf, isBefore, nanosecondsOf } from './instant.ts';

it.each([
  [0n, { seconds: 0, nanoseconds: 0 }],
  [1_000_000_001n, { seconds: 1, nanoseconds: 1 }],
  [-1n, { seconds: -1, nanoseconds: 999_999_999 }],
  [-1_000_000_000n, { seconds: -1, nanoseconds: 0 }],
])('an instant of %s ns has whole seconds, rounded down, and goes back to nanoseconds', (ns, instant) => {
  expect(instantOf(ns)).toEqual(instant);
  expect(nanosecondsOf(instant)).toBe(ns);
});

it('instants are ordered by seconds, then by nanoseconds', () => {
  const inOrder = [-1n, 0n, 1n, 999_999_999n, 1_000_000_000n].map(instantOf);
  for (const [i, a] of inOrder.entries()) {
    for (const [k, b] of inOrder.entries()) expect(isBefore(a, b)).toBe(i < k);
  }
});
