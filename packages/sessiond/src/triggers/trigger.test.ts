import { setImmediate as settled } from 'node:timers/promises';
import type { RatePolicy } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { ACTIONS, CONDITIONS, every1, OWNER, TriggerWorld } from '../testing/trigger-world.test.support.ts';

/** Occurrences come one by one: after which of the first ten an action is carried out. */
const POLICIES: readonly (readonly [RatePolicy, readonly number[]])[] = [
  [{ every: 1 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  [{ every: 3 }, [3, 6, 9]],
  [{ every: 10 }, [10]],
  [{ every: 11 }, []],
  [{ onceAfter: 1 }, [1]],
  [{ onceAfter: 4 }, [4]],
  [{ onceAfter: 11 }, []],
  // The clock stands still meanwhile.
  [{ atMost: 1, periodUs: 1 }, [1]],
  [{ atMost: 3, periodUs: 1 }, [1, 2, 3]],
];

describe('every condition with every action by every policy', () => {
  for (const condition of Object.values(CONDITIONS)) {
    it.each(Object.entries(ACTIONS))(`${condition.kind}, %s`, async (kind, actionOf) => {
      for (const [policy, wanted] of POLICIES) {
        const world = new TriggerWorld();
        const occurred = world.add(condition, actionOf(policy));
        const carriedOut: number[] = [];
        for (let count = 1; count <= 10; count++) {
          const before = world.performed.length;
          occurred(1);
          // At once, in the turn in which the condition held.
          if (world.performed.length > before) carriedOut.push(count);
        }
        expect(carriedOut, JSON.stringify(policy)).toEqual(wanted);
        expect(world.performed.every((performed) => performed.kind === kind)).toBe(true);
        const [description] = world.engine.describe(OWNER);
        expect(description).toMatchObject({ occurrences: 10, actionStatistics: [{ executions: wanted.length }] });
        await settled();
      }
    });
  }
});

describe('occurrences that come together', () => {
  it('are one report, and the additions that the policy gives', () => {
    const world = new TriggerWorld();
    const occurred = world.add(
      CONDITIONS['session-rotation'],
      ACTIONS.notify({ every: 3 }),
      ACTIONS.increment({ every: 3 }),
    );
    occurred(10);
    expect(world.performed.map(({ kind, times, report }) => [kind, times, report.occurrences])).toEqual([
      ['notify', 3, 10],
      ['increment', 3, 10],
    ]);
    occurred(1);
    occurred(1);
    expect(world.performed).toHaveLength(4);
    expect(world.performed[2]?.report.occurrences).toBe(2);
  });

  it('stay within safe integers', () => {
    const world = new TriggerWorld();
    const occurred = world.add(CONDITIONS['event-rule-matches'], ACTIONS.notify(every1));
    occurred(Number.MAX_SAFE_INTEGER);
    occurred(Number.MAX_SAFE_INTEGER);
    expect([...world.engine.describe(OWNER)][0]?.occurrences).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('an action that takes time', () => {
  it('lets later actions wait, and counts further occurrences into one report', async () => {
    const world = new TriggerWorld();
    const ends: (() => void)[] = [];
    world.perform = ({ kind }) =>
      kind === 'snapshot-session'
        ? { done: new Promise((resolve) => ends.push(() => resolve({ snapshot: `/s${ends.length}` }))), inOrder: true }
        : undefined;
    const occurred = world.add(
      CONDITIONS['event-rule-matches'],
      ACTIONS['snapshot-session'](every1),
      ACTIONS.notify(every1),
    );
    occurred(1);
    for (let count = 0; count < 1000; count++) occurred(1);
    expect(world.performed.map(({ kind }) => kind)).toEqual(['snapshot-session']);
    ends[0]?.();
    await settled();
    expect(world.performed.map(({ kind, report }) => [kind, report.occurrences, report.details])).toEqual([
      ['snapshot-session', 1, {}],
      ['notify', 1001, { snapshot: '/s1' }],
      ['snapshot-session', 1000, { snapshot: '/s1' }],
    ]);
    ends[1]?.();
    await settled();
    expect(ends).toHaveLength(2);
  });

  it('delays no later action if none needs to wait, and never delays other triggers', async () => {
    const world = new TriggerWorld();
    const never = new Promise<undefined>(() => {});
    world.perform = ({ kind }) => (kind === 'notify' ? undefined : { done: never, inOrder: kind !== 'webhook' });
    const posts = world.add(CONDITIONS['session-rotation'], ACTIONS.webhook(every1), ACTIONS.notify(every1));
    const programs = world.add(CONDITIONS['session-rotation'], ACTIONS.exec(every1), ACTIONS.notify(every1));
    const others = world.add(CONDITIONS['session-rotation'], ACTIONS.notify(every1));
    for (let count = 0; count < 3; count++) {
      posts(1);
      programs(1);
      others(1);
    }
    await settled();
    const counts = [...world.engine.describe(OWNER)].map(({ actionStatistics }) =>
      actionStatistics.map((one) => one.executions),
    );
    expect(counts).toEqual([[1, 3], [1, 0], [3]]);
  });

  it('counts a failure with its reason, and goes on with the next action', async () => {
    const world = new TriggerWorld();
    world.perform = ({ kind }) => {
      if (kind === 'increment') throw new Error('there is no session none');
      return kind === 'exec' ? { done: Promise.reject(new Error('it is broken')), inOrder: true } : undefined;
    };
    const occurred = world.add(
      CONDITIONS['session-rotation'],
      ACTIONS.exec(every1),
      ACTIONS.increment(every1),
      ACTIONS.notify(every1),
    );
    occurred(2);
    await settled();
    expect([...world.engine.describe(OWNER)][0]?.actionStatistics).toEqual([
      { executions: 1, failures: 1, suppressed: 0, lastFailure: 'it is broken' },
      { executions: 2, failures: 2, suppressed: 0, lastFailure: 'there is no session none' },
      { executions: 1, failures: 0, suppressed: 0, lastFailure: null },
    ]);
  });
});

describe('a rate policy by time', () => {
  /** Times at which the action begins, if its condition holds once at each of these times. */
  const begunAt = (policy: RatePolicy, timesMs: readonly number[]): number[] => {
    const world = new TriggerWorld();
    const occurred = world.add(CONDITIONS['session-rotation'], ACTIONS.notify(policy));
    return timesMs.filter((nowMs) => {
      const before = world.performed.length;
      world.nowMs = nowMs;
      occurred(1);
      return world.performed.length > before;
    });
  };

  it('allows its number of executions in every period, wherever the period begins', () => {
    expect(begunAt({ atMost: 1, periodUs: 10_000 }, [0, 9.999, 10, 19, 21, 30.5, 31])).toEqual([0, 10, 21, 31]);
    expect(begunAt({ atMost: 2, periodUs: 10_000 }, [0, 9, 9.5, 10, 18, 19, 20, 21])).toEqual([0, 9, 10, 19, 20]);
  });

  it('reports suppressed occurrences with the next execution, and counts them', () => {
    const world = new TriggerWorld();
    const occurred = world.add(
      CONDITIONS['session-rotation'],
      ACTIONS.notify({ atMost: 1, periodUs: 600_000_000 }),
      ACTIONS.increment({ atMost: 3, periodUs: 600_000_000 }),
    );
    occurred(1);
    occurred(500);
    world.nowMs = 600_000;
    occurred(1);
    expect(world.performed.map(({ kind, times, report }) => [kind, times, report.occurrences])).toEqual([
      ['notify', 1, 1],
      ['increment', 1, 1],
      ['increment', 2, 500],
      ['notify', 1, 501],
      ['increment', 1, 1],
    ]);
    expect([...world.engine.describe(OWNER)][0]?.actionStatistics).toMatchObject([
      { executions: 2, suppressed: 500 },
      { executions: 4, suppressed: 498 },
    ]);
  });

  it('counts from the begin of an action, which an action before it delays', async () => {
    const world = new TriggerWorld();
    const ends: (() => void)[] = [];
    world.perform = ({ kind }) =>
      kind === 'exec'
        ? { done: new Promise((resolve) => ends.push(() => resolve(undefined))), inOrder: true }
        : undefined;
    const occurred = world.add(
      CONDITIONS['session-rotation'],
      ACTIONS.exec({ onceAfter: 1 }),
      ACTIONS.notify({ atMost: 1, periodUs: 10_000 }),
    );
    occurred(1);
    world.nowMs = 9;
    ends[0]?.();
    await settled();
    world.nowMs = 18;
    occurred(1);
    world.nowMs = 19;
    occurred(1);
    expect(world.performed.map(({ kind, report }) => [kind, report.occurrences])).toEqual([
      ['exec', 1],
      ['notify', 1],
      ['notify', 2],
    ]);
  });
});

describe('a failure under a rate policy by time', () => {
  /** Times at which an action begins that fails at the given times. */
  const begunAt = async (policy: RatePolicy, timesMs: readonly number[], failuresMs: readonly number[]) => {
    const world = new TriggerWorld();
    world.perform = () =>
      failuresMs.includes(world.nowMs) ? { done: Promise.reject(new Error('no answer')), inOrder: false } : undefined;
    const occurred = world.add(CONDITIONS['session-rotation'], ACTIONS.webhook(policy));
    const begun: number[] = [];
    for (const nowMs of timesMs) {
      const before = world.performed.length;
      world.nowMs = nowMs;
      occurred(1);
      if (world.performed.length > before) begun.push(nowMs);
      await settled();
    }
    return begun;
  };

  it('leaves the quota to the next occurrence, a second later at the earliest', async () => {
    expect(
      await begunAt({ atMost: 1, periodUs: 600_000_000 }, [0, 999, 1000, 1999, 2000, 601_999, 602_000], [0, 1000]),
    ).toEqual([0, 1000, 2000, 602_000]);
    expect(await begunAt({ atMost: 1, periodUs: 10_000 }, [0, 9, 10], [0])).toEqual([0, 10]);
  });

  it('takes nothing from executions that succeeded', async () => {
    const times = [0, 1, 2, 1001, 1002, 5000, 10_000, 10_001];
    expect(await begunAt({ atMost: 2, periodUs: 10_000_000 }, times, [1])).toEqual([0, 1, 1001, 10_000]);
  });

  it('gives back all additions of an increment that fails', async () => {
    const world = new TriggerWorld();
    world.perform = () => {
      if (world.nowMs === 0) throw new Error('there is no session none');
      return undefined;
    };
    const occurred = world.add(CONDITIONS['session-rotation'], ACTIONS.increment({ atMost: 3, periodUs: 60_000_000 }));
    for (const nowMs of [0, 1000, 2000]) {
      world.nowMs = nowMs;
      occurred(5);
    }
    await settled();
    expect(world.performed.map(({ times }) => times)).toEqual([3, 3]);
  });
});

describe('a report', () => {
  it('has captures by their expressions, and null for missing captures', () => {
    const world = new TriggerWorld();
    world.add(CONDITIONS['event-rule-matches'], ACTIONS.notify(every1))(4, [1]);
    expect(world.performed[0]?.report).toEqual({
      trigger: 'trigger0',
      uid: 7,
      condition: 'event-rule-matches',
      at: '1970-01-01T00:00:00.000Z',
      occurrences: 4,
      captures: { a: 1, '$ctx.vpid': null },
      details: {},
    });
  });

  it('leaves out captures beyond the limit', () => {
    const world = new TriggerWorld();
    const occurred = world.add(CONDITIONS['event-rule-matches'], ACTIONS.notify(every1));
    occurred(1, ['a', 'b'.repeat(300_000)]);
    expect(world.performed[0]?.report.captures).toEqual({ a: 'a', '$ctx.vpid': null });
  });
});
