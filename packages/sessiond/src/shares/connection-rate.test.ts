import { expect, it } from 'vitest';
import { ConnectionRate } from './connection-rate.ts';

it('a user may connect often at once, and then at a rate; root and the user of the daemon as they like', () => {
  let nowMs = 0;
  const options = { burst: 10, perSecond: 5, daemonUid: 1000, userBehind: (uid: number) => uid % 10_000 };
  const rate = new ConnectionRate({ ...options, nowMs: () => nowMs });
  const taken = (uid: number, tries: number) =>
    Array.from({ length: tries }, () => rate.take(uid)).filter(Boolean).length;
  expect([taken(1001, 20), taken(11_001, 20), taken(1002, 20), taken(0, 20), taken(1000, 20)]).toEqual([
    10, 0, 10, 20, 20,
  ]);
  nowMs += 1000;
  expect(taken(1001, 20)).toBe(5);
  nowMs += 60_000;
  expect(taken(1001, 20)).toBe(10);
});
