import { expect, it } from 'vitest';
import { DrainBudget } from './drain-budget.ts';

let nowMs = 0;
const budget = new DrainBudget({ daemonUid: 0, userBehind: (uid) => uid, nowMs: () => nowMs });

/** How often work of 10 ms is done before the user's time is used up. */
function spendAll(uid: number): number {
  for (let count = 0; ; count++) {
    if (count === 1000 || !budget.spend(uid, () => (nowMs += 10))) return count;
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
