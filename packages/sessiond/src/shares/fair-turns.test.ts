import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FairTurns } from './fair-turns.ts';

it('a user with a thousand pieces of work holds up no other, and root has every second turn', async () => {
  const turns = new FairTurns({ nowMs: () => 0, userBehind: (uid) => uid });
  const done: number[] = [];
  for (let count = 0; count < 1000; count++) turns.request(1001, () => done.push(1001));
  for (let count = 0; count < 3; count++) turns.request(1002, () => done.push(1002));
  for (let count = 0; count < 3; count++) turns.request(0, () => done.push(0));
  await expect.poll(() => done.length).toBe(1006);
  expect(done.slice(0, 9)).toEqual([0, 1001, 0, 1002, 0, 1001, 1002, 1001, 1002]);
});

it('the event loop goes round while much is to be done', async () => {
  let nowMs = 0;
  const turns = new FairTurns({ nowMs: () => nowMs, userBehind: (uid) => uid });
  let done = 0;
  for (let count = 0; count < 100; count++) {
    turns.request(1001, () => {
      nowMs += 1;
      done++;
    });
  }
  await nextTurn();
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(20);
  await expect.poll(() => done).toBe(100);
});

it('work that asks for another turn gets it behind the others', async () => {
  const turns = new FairTurns({ nowMs: () => 0, userBehind: (uid) => uid });
  const done: string[] = [];
  turns.request(1001, () => {
    done.push('first');
    turns.request(1001, () => done.push('again'));
  });
  turns.request(1001, () => done.push('second'));
  await expect.poll(() => done).toEqual(['first', 'second', 'again']);
});
