import { setImmediate as settled } from 'node:timers/promises';
import type { TriggerAction } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { TRIGGERS_MAX } from '../shares/limits.ts';
import { FakeCountingThread } from '../testing/counting-thread.test.support.ts';
import { testShares } from '../testing/shares.test.support.ts';
import {
  ACTIONS,
  CONDITIONS,
  every1,
  named,
  OWNER,
  rule,
  TriggerWorld,
} from '../testing/trigger-world.test.support.ts';
import type { ConditionSources } from './conditions/condition-source.ts';

describe('TriggerEngine', () => {
  it('names triggers, and refuses a name twice for one owner', () => {
    const { engine } = new TriggerWorld();
    engine.add(named('trigger1', ACTIONS.notify(every1)), OWNER);
    const unnamed = { ...named('', ACTIONS.notify(every1)), name: null };
    expect([engine.add(unnamed, OWNER), engine.add(unnamed, OWNER)]).toEqual(['trigger0', 'trigger2']);
    expect(() => engine.add(named('trigger1', ACTIONS.exec(every1)), OWNER)).toThrow(
      expect.objectContaining({ code: 'TRIGGER_EXISTS' }),
    );
    expect(engine.add(named('trigger1', ACTIONS.notify(every1)), { uid: 8, gid: 8 })).toBe('trigger1');
    expect([...engine.describe(OWNER)].map(({ name }) => name)).toEqual(['trigger1', 'trigger0', 'trigger2']);
    expect([...engine.describe({ uid: 0, gid: 0 })]).toHaveLength(4);
  });

  it('publishes triggers to the threads that they are about, and ignores reports of other threads', () => {
    const world = new TriggerWorld();
    const { engine, performed } = world;
    engine.add(named('mine', ACTIONS.notify(every1)), OWNER);
    engine.add(named('of root', ACTIONS.notify(every1)), { uid: 0, gid: 0 });
    const keysFor = (uid: number) => world.desiredFor(uid).map(({ key }) => key);
    expect([keysFor(7), keysFor(8)]).toEqual([[1, 2], [2]]);
    for (const trigger of [1, 2, 99]) {
      const matched = { type: 'trigger-matched', trigger, matches: 1, discarded: 5, captures: [] } as const;
      engine.matched(new FakeCountingThread(8), matched);
    }
    expect(performed.map(({ report }) => report.trigger)).toEqual(['of root']);
    expect([...engine.describe({ uid: 0, gid: 0 })].map(({ messagesDiscarded }) => messagesDiscarded)).toEqual([0, 5]);
  });

  it('counts matches that a thread had not reported when it ended, by the rate policy', () => {
    const world = new TriggerWorld();
    const { engine } = world;
    engine.add(named('mine', ACTIONS.notify({ every: 10 })), OWNER);
    engine.add(named('removed', ACTIONS.notify(every1)), OWNER);
    engine.add(named('of another', ACTIONS.notify(every1)), { uid: 8, gid: 8 });
    const thread = new FakeCountingThread(OWNER.uid);
    engine.threadRegistered(thread);
    engine.matched(thread, { type: 'trigger-matched', trigger: 1, matches: 4, discarded: 1, captures: ['a', 1] });
    for (const { key, counter, reports } of [...world.desiredFor(OWNER.uid), ...world.desiredFor(8)]) {
      thread.set(counter, key === 1 ? 30 : 5);
      thread.set(reports?.missed as number, key === 1 ? 2 : 0);
    }
    engine.remove('removed', OWNER.uid);
    engine.threadEnded(thread);
    expect(
      world.performed.map(({ kind, times, report }) => [kind, times, report.occurrences, report.captures]),
    ).toEqual([['notify', 3, 30, { a: null, '$ctx.vpid': null }]]);
    expect(
      [...engine.describe({ uid: 0, gid: 0 })].map(({ occurrences, messagesDiscarded }) => [
        occurrences,
        messagesDiscarded,
      ]),
    ).toEqual([
      [30, 2],
      [0, 0],
    ]);
  });

  it('ignores reports of a removed trigger', () => {
    const world = new TriggerWorld();
    const occurred = world.add(CONDITIONS['application-exited'], ACTIONS.notify(every1));
    world.engine.remove('trigger0', OWNER.uid);
    occurred(1);
    expect(world.performed).toEqual([]);
    expect(world.stopped).toEqual([1]);
    expect(() => world.engine.remove('trigger0', OWNER.uid)).toThrow(expect.objectContaining({ code: 'NO_TRIGGER' }));
  });

  it('reads the counters of all its threads, for conditions that only count', async () => {
    const sources: Partial<ConditionSources> = {
      'no-event-for': {
        start: ({ countedEvents }) => {
          counted = countedEvents;
          return () => {};
        },
      },
    };
    let counted = () => -1;
    const world = new TriggerWorld(sources);
    const { engine } = world;
    const [one, other, foreign] = [new FakeCountingThread(7), new FakeCountingThread(7, 1), new FakeCountingThread(8)];
    for (const thread of [one, other, foreign]) engine.threadRegistered(thread);
    engine.add({ name: 'n', condition: CONDITIONS['no-event-for'], actions: [ACTIONS.notify(every1)] }, OWNER);
    for (const thread of [one, other]) {
      const [desired] = world.desiredFor(7, thread.slot);
      const index = desired!.counter;
      expect(index % 2).toBe(thread.slot);
      expect(desired).toMatchObject({ rule, reports: null });
      thread.set(index, 5);
      foreign.set(index, 1000);
    }
    expect(world.desiredFor(8)).toEqual([]);
    await settled();
    expect(counted()).toBe(10);
    engine.threadEnded(other);
    expect(counted()).toBe(10);
    expect(() => engine.add(named('e', ACTIONS.notify(every1)), OWNER)).not.toThrow();
  });

  it.each([
    ['no action', { ...named('x') }, 'BAD_PARAMETER'],
    [
      'a filter that is none',
      {
        ...named('x', ACTIONS.notify(every1)),
        condition: { ...CONDITIONS['event-rule-matches'], rule: { ...rule, filter: 'a ==' } },
      },
      'BAD_FILTER',
    ],
    [
      'a capture that is an expression',
      {
        ...named('x', ACTIONS.notify(every1)),
        condition: { ...CONDITIONS['event-rule-matches'], captures: ['a + 1'] },
      },
      'BAD_CAPTURE',
    ],
    [
      'a capture that is a number',
      { ...named('x', ACTIONS.notify(every1)), condition: { ...CONDITIONS['event-rule-matches'], captures: ['1'] } },
      'BAD_CAPTURE',
    ],
    [
      'a key with the name of no event',
      {
        ...named('x', { ...ACTIONS.increment(every1), key: '{event_name}' } as TriggerAction),
        condition: CONDITIONS['session-rotation'],
      },
      'BAD_PARAMETER',
    ],
  ])('refuses %s', (_, definition, code) => {
    expect(() => new TriggerWorld().engine.add(definition, OWNER)).toThrow(expect.objectContaining({ code }));
  });

  it('has a limit of triggers, and room for others when they are gone', () => {
    const world = new TriggerWorld();
    const { engine } = world;
    for (let count = 0; count < TRIGGERS_MAX; count++)
      engine.add({ ...named('', ACTIONS.notify(every1)), name: null }, OWNER);
    const more = named('more', ACTIONS.notify(every1));
    expect(() => engine.add(more, OWNER)).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
    expect(world.desiredFor(OWNER.uid)).toHaveLength(TRIGGERS_MAX);
    for (let count = 0; count < TRIGGERS_MAX; count++) engine.remove(`trigger${count}`, OWNER.uid);
    expect(engine.add(more, OWNER)).toBe('more');
    expect(world.desiredFor(OWNER.uid)).toHaveLength(1);
  });

  it('gives each user a share of the triggers and of the memory for captures', () => {
    const world = new TriggerWorld(undefined, testShares(0));
    const { engine } = world;
    const addAll = () => {
      for (;;) engine.add({ ...named('', ACTIONS.notify(every1)), name: null }, OWNER);
    };
    expect(addAll).toThrow(/^the share of user 7 is used up: 1024 of 2304 triggers; .*remove-trigger/);
    expect(engine.add(named('other', ACTIONS.notify(every1)), { uid: 8, gid: 8 })).toBe('other');
    const thread = new FakeCountingThread(OWNER.uid);
    engine.threadRegistered(thread);
    const captures = ['x'.repeat(60_000)];
    for (let trigger = 1; trigger <= 1024; trigger++) {
      engine.matched(thread, { type: 'trigger-matched', trigger, matches: 1, discarded: 0, captures });
    }
    const kept = world.performed.filter(({ report }) => report.captures.a !== null);
    expect(kept.length).toBeGreaterThan(50);
    expect(kept.length).toBeLessThan(1000);
    expect(world.performed).toHaveLength(1024);
    for (let count = 0; count < 1024; count++) engine.remove(`trigger${count}`, OWNER.uid);
    expect(world.shares.kept.used).toBe(0);
  });

  it('limits the published triggers to the size of a control file', () => {
    const { engine } = new TriggerWorld();
    const long = { ...rule, filter: `a == "${'x'.repeat(60_000)}"` };
    const condition = { ...CONDITIONS['event-rule-matches'], rule: long };
    const addMany = () => {
      for (let count = 0; count < 1000; count++)
        engine.add({ name: null, condition, actions: [ACTIONS.notify(every1)] }, OWNER);
    };
    expect(addMany).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
    expect(engine.size).toBeGreaterThan(90);
  });
});

describe('increments', () => {
  const increment = { ...ACTIONS.increment(every1), session: 's', key: 'k_{event_name}' } as TriggerAction;

  it('are left to applications while the map exists and its session is active', async () => {
    const world = new TriggerWorld();
    const { engine } = world;
    engine.add(named('i', increment), OWNER);
    const published = () => world.desiredFor(OWNER.uid).map(({ reports, keys }) => [reports?.captures, keys]);
    expect(published()).toEqual([[['a', '$ctx.vpid'], []]]);
    world.withMap(false);
    engine.sessionsChanged();
    expect(published()).toEqual([]);
    const map = world.withMap(true);
    engine.sessionsChanged();
    expect(published()).toEqual([[undefined, [{ group: 2, scope: 2, template: 'k_{event_name}' }]]]);
    const before = world.published;
    engine.sessionsChanged();
    expect(world.published).toBe(before);

    const thread = new FakeCountingThread(OWNER.uid);
    engine.threadRegistered(thread);
    engine.counted(thread, {
      type: 'counters',
      counters: [
        { index: 16_384, group: 2, key: 'k_p:e', start: 0 },
        { index: 16_381, group: 2, key: 'of the other slot', start: 0 },
        { index: 16_380, group: 9, key: 'of no map', start: 0 },
      ],
    });
    thread.set(world.desiredFor(OWNER.uid)[0]?.counter as number, 41);
    thread.set(16_384, 40);
    await settled();
    const { pid, procname, program } = thread.process;
    expect(map.rows()).toEqual([
      {
        map: 'm',
        owner: { kind: 'process', uid: 7, pid, procname, program },
        key: 'k_p:e',
        value: 40,
        overflow: false,
      },
    ]);
    expect([...engine.describe(OWNER)]).toMatchObject([
      { occurrences: 41, actionStatistics: [{ executions: 41, failures: 0 }] },
    ]);

    world.session = undefined;
    engine.sessionsChanged();
    expect(published()).toEqual([[['a', '$ctx.vpid'], []]]);
    expect([...engine.describe(OWNER)]).toMatchObject([{ occurrences: 41 }]);
  });

  it('go beside reports where there are other actions', () => {
    const world = new TriggerWorld();
    world.withMap(true);
    world.engine.add(named('i', ACTIONS.notify(every1), increment), OWNER);
    const desired = world.desiredFor(OWNER.uid);
    expect(desired.map(({ reports, keys }) => [reports !== null, keys.length])).toEqual([[true, 1]]);
    const matched = {
      type: 'trigger-matched',
      trigger: desired[0]!.key,
      matches: 1,
      discarded: 0,
      captures: [],
    } as const;
    world.engine.matched(new FakeCountingThread(OWNER.uid), matched);
    expect(world.performed.map(({ kind }) => kind)).toEqual(['notify']);
  });
});
