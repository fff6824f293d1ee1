import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
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

describe('long work', () => {
  /** Work of so many steps, each of which takes a millisecond of `clock`. */
  function* steps(count: number, clock: { nowMs: number }, done: string[], name: string): Generator<void, string> {
    for (let step = 0; step < count; step++) {
      clock.nowMs += 1;
      done.push(name);
      yield;
    }
    return name;
  }

  it('is done in slices between the turns of others', async () => {
    const clock = { nowMs: 0 };
    const turns = new FairTurns({ nowMs: () => clock.nowMs, userBehind: (uid) => uid });
    const done: string[] = [];
    const long = turns.inSlices(1001, steps(10, clock, done, 'long'));
    for (let count = 0; count < 3; count++) turns.request(1002, () => done.push('other'));
    turns.request(0, () => done.push('root'));
    expect(await long).toBe('long');
    const slices = done
      .join(' ')
      .match(/(?:long ?)+/g)
      ?.map((slice) => slice.trim().split(' ').length);
    expect(slices?.slice(0, 3)).toEqual([2, 2, 2]);
    expect(done.filter((name) => name === 'long')).toHaveLength(10);
  });

  function* failingWork(): Generator<void, void> {
    yield;
    throw new Error('no');
  }

  it('rejects with the error of a step', async () => {
    const turns = new FairTurns({ nowMs: () => 0, userBehind: (uid) => uid });
    const failing = turns.inSlices(1001, failingWork());
    await expect(failing).rejects.toThrow('no');
  });
});
