import { beforeEach, expect, it } from 'vitest';
import { DrainBudget } from './drain-budget.ts';

let nowMs = 0;
let processorMs = 0;
let budget: DrainBudget;
beforeEach(() => {
  const clocks = { nowMs: () => nowMs, processorMs: () => processorMs };
  budget = new DrainBudget({ daemonUid: 0, userBehind: (uid) => uid, ...clocks });
});

/**
 * How often work of 10 ms is done before the user's time is used up.
 *
 * @param othersMs time for which other processes have the processor meanwhile
 */
function spendAll(uid: number, othersMs = 0): number {
  const work = () => {
    processorMs += 10;
    nowMs += 10 + othersMs;
  };
  for (let count = 0; ; count++) {
    if (count === 1000 || !budget.spend(uid, work)) return count;
  }
}

it('each user has a time of its own, a part of which comes back, and root has all time', () => {
  expect([spendAll(1001), spendAll(1002)]).toEqual([23, 23]);
  expect(budget.spend(1002, () => {})).toBe(false);
  expect(spendAll(0)).toBe(1000);
  expect(spendAll(1001)).toBe(23);
  nowMs += 100;
  expect(spendAll(1001)).toBeLessThan(4);
  nowMs += 10_000;
  budget.forgetIdle();
  expect(spendAll(1001)).toBe(23);
});

it('a user loses nothing to a busy machine', () => {
  expect(spendAll(1001, 10)).toBeGreaterThanOrEqual(23);
});
