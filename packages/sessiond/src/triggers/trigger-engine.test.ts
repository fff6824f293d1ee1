import type {
  DesiredTrigger,
  RatePolicy,
  TriggerAction,
  TriggerCondition,
  TriggerDefinition,
  TriggerReport,
} from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { KeyCounters } from '../counters/key-counters.ts';
import { ThreadCounters } from '../counters/thread-counters.ts';
import { DesiredStateBudget } from '../desired-state-budget.ts';
import { TRIGGERS_MAX } from '../limits.ts';
import type { Log } from '../log.ts';
import { CounterMap } from '../maps/counter-map.ts';
import type { Session } from '../session.ts';
import { FakeCountingThread } from '../testing/counting-thread.test.support.ts';
import { MAP } from '../testing/maps.test.support.ts';
import type { ConditionKind, ConditionSource, ConditionSources, Occurred } from './condition-source.ts';
import type { Firing, Performance } from './trigger.ts';
import { TriggerEngine } from './trigger-engine.ts';

const log = { info() {}, warn() {}, debug() {}, error() {} } as unknown as Log;
const OWNER = { uid: 7, gid: 70 };
const rule = { pattern: 'p:e' };

const CONDITIONS: { readonly [Kind in ConditionKind]: Extract<TriggerCondition, { kind: Kind }> } = {
  'event-rule-matches': { kind: 'event-rule-matches', rule, captures: ['a', '$ctx.vpid'] },
  'channel-buffer-usage': {
    kind: 'channel-buffer-usage',
    session: 's',
    channel: 'c',
    comparison: 'at-least',
    threshold: { ratio: 0.5 },
  },
  'session-consumed-size': { kind: 'session-consumed-size', session: 's', bytes: 1 },
  'session-rotation': { kind: 'session-rotation', session: 's', phase: 'starts' },
  'application-exited': { kind: 'application-exited', procname: '*', causes: ['signal'] },
  'event-rate-above': { kind: 'event-rate-above', rule, perSecond: 1 },
  'no-event-for': { kind: 'no-event-for', rule, periodUs: 1 },
  'event-loop-stalled': { kind: 'event-loop-stalled', procname: '*', periodUs: 1 },
};
const ACTIONS: { readonly [Kind in TriggerAction['kind']]: (ratePolicy: RatePolicy) => TriggerAction } = {
  notify: (ratePolicy) => ({ kind: 'notify', ratePolicy }),
  'start-session': (ratePolicy) => ({ kind: 'start-session', ratePolicy, session: 's' }),
  'stop-session': (ratePolicy) => ({ kind: 'stop-session', ratePolicy, session: 's' }),
  'rotate-session': (ratePolicy) => ({ kind: 'rotate-session', ratePolicy, session: 's' }),
  'snapshot-session': (ratePolicy) => ({
    kind: 'snapshot-session',
    ratePolicy,
    session: 's',
    output: null,
    name: null,
    maxBytes: null,
  }),
  increment: (ratePolicy) => ({ kind: 'increment', ratePolicy, session: 'none', map: 'm', key: 'k' }),
  exec: (ratePolicy) => ({ kind: 'exec', ratePolicy, command: ['/bin/true'], timeoutMs: 1 }),
  webhook: (ratePolicy) => ({ kind: 'webhook', ratePolicy, url: 'http://h/', timeoutMs: 1, attempts: 1 }),
};
/** Occurrences come one by one: after which of the first ten an action is carried out. */
const POLICIES: readonly (readonly [RatePolicy, readonly number[]])[] = [
  [{ every: 1 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  [{ every: 3 }, [3, 6, 9]],
  [{ every: 10 }, [10]],
  [{ every: 11 }, []],
  [{ onceAfter: 1 }, [1]],
  [{ onceAfter: 4 }, [4]],
  [{ onceAfter: 11 }, []],
];

interface Performed {
  readonly kind: TriggerAction['kind'];
  readonly times: number;
  readonly report: TriggerReport;
}

/** Sources that do what the test says, and actions that only write down that it was their turn. */
class World {
  readonly performed: Performed[] = [];
  readonly occurred = new Map<number, Occurred>();
  readonly stopped: number[] = [];
  readonly counters = new ThreadCounters();
  readonly keyCounters = new KeyCounters();
  session: Session | undefined;
  published = 0;
  perform: (action: TriggerAction, firing: Firing) => Performance | undefined = () => undefined;
  readonly engine: TriggerEngine;

  constructor(sources: ConditionSources = this.#sources()) {
    this.engine = new TriggerEngine({
      sources: () => sources,
      counters: this.counters,
      keyCounters: this.keyCounters,
      budget: new DesiredStateBudget(),
      findSession: (name) => (this.session?.name === name ? this.session : undefined),
      perform: (action, firing) => {
        this.performed.push({ kind: action.kind, times: firing.times, report: firing.report });
        return this.perform(action, firing);
      },
      publish: () => {
        this.published++;
      },
      now: () => new Date(0),
      log,
    });
  }

  /** Adds a trigger; what is returned makes its condition hold. */
  add(condition: TriggerCondition, ...actions: readonly TriggerAction[]): Occurred {
    this.engine.add({ name: null, condition, actions }, OWNER);
    const thread = new FakeCountingThread(OWNER.uid);
    if (condition.kind !== 'event-rule-matches') return [...this.occurred.values()].at(-1)!;
    const key = this.desiredFor(OWNER.uid).at(-1)!.key;
    return (matches, captures = []) =>
      this.engine.matched(thread, { type: 'trigger-matched', trigger: key, matches, discarded: 0, captures });
  }

  /** What threads of that user are told. */
  desiredFor(uid: number, slot = 0): DesiredTrigger[] {
    return [...this.engine.feedFor(uid, slot).texts()].map((text) => JSON.parse(text) as DesiredTrigger);
  }

  withMap(active: boolean): CounterMap {
    const map = new CounterMap({ ...MAP, keyCountMax: 2, updatePolicy: 'per-event' });
    this.session = { name: 's', active, owner: OWNER, maps: new Map([['m', map]]) } as unknown as Session;
    return map;
  }

  #sources(): ConditionSources {
    const source: ConditionSource = {
      start: ({ key }, occurred) => {
        this.occurred.set(key, occurred);
        return () => this.stopped.push(key);
      },
    };
    return Object.fromEntries(Object.keys(CONDITIONS).map((kind) => [kind, source])) as ConditionSources;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const named = (name: string, ...actions: TriggerAction[]): TriggerDefinition => ({
  name,
  condition: CONDITIONS['event-rule-matches'],
  actions,
});
const every1 = { every: 1 };

describe('every condition with every action by every policy', () => {
  for (const condition of Object.values(CONDITIONS)) {
    it.each(Object.entries(ACTIONS))(`${condition.kind}, %s`, async (kind, actionOf) => {
      for (const [policy, wanted] of POLICIES) {
        const world = new World();
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
  it('are one report, and as many additions as the policy says', () => {
    const world = new World();
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

  it('beyond all numbers stay numbers', () => {
    const world = new World();
    const occurred = world.add(CONDITIONS['event-rule-matches'], ACTIONS.notify(every1));
    occurred(Number.MAX_SAFE_INTEGER);
    occurred(Number.MAX_SAFE_INTEGER);
    expect(world.engine.describe(OWNER)[0]?.occurrences).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('an action that takes time', () => {
  it('has the later ones wait, and what happens meanwhile counted into one more report', async () => {
    const world = new World();
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

  it('holds up nobody if it need not be waited for, nor other triggers in any case', async () => {
    const world = new World();
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
    const counts = world.engine
      .describe(OWNER)
      .map(({ actionStatistics }) => actionStatistics.map((one) => one.executions));
    expect(counts).toEqual([[1, 3], [1, 0], [3]]);
  });

  it('counts a failure with its reason, and goes on with the next action', async () => {
    const world = new World();
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
    expect(world.engine.describe(OWNER)[0]?.actionStatistics).toEqual([
      { executions: 1, failures: 1, lastFailure: 'it is broken' },
      { executions: 2, failures: 2, lastFailure: 'there is no session none' },
      { executions: 1, failures: 0, lastFailure: null },
    ]);
  });
});

describe('a report', () => {
  it('has captures by their expressions, and null for those that are missing', () => {
    const world = new World();
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

  it('leaves out what a program captures beyond all measure', () => {
    const world = new World();
    const occurred = world.add(CONDITIONS['event-rule-matches'], ACTIONS.notify(every1));
    occurred(1, ['a', 'b'.repeat(300_000)]);
    expect(world.performed[0]?.report.captures).toEqual({ a: 'a', '$ctx.vpid': null });
  });
});

describe('TriggerEngine', () => {
  it('names triggers, and refuses a name twice for one owner', () => {
    const { engine } = new World();
    engine.add(named('trigger1', ACTIONS.notify(every1)), OWNER);
    const unnamed = { ...named('', ACTIONS.notify(every1)), name: null };
    expect([engine.add(unnamed, OWNER), engine.add(unnamed, OWNER)]).toEqual(['trigger0', 'trigger2']);
    expect(() => engine.add(named('trigger1', ACTIONS.exec(every1)), OWNER)).toThrow(
      expect.objectContaining({ code: 'TRIGGER_EXISTS' }),
    );
    expect(engine.add(named('trigger1', ACTIONS.notify(every1)), { uid: 8, gid: 8 })).toBe('trigger1');
    expect(engine.describe(OWNER).map(({ name }) => name)).toEqual(['trigger1', 'trigger0', 'trigger2']);
    expect(engine.describe({ uid: 0, gid: 0 })).toHaveLength(4);
  });

  it('tells threads of what is about them, and believes no others', () => {
    const world = new World();
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
    expect(engine.describe({ uid: 0, gid: 0 }).map(({ messagesDiscarded }) => messagesDiscarded)).toEqual([0, 5]);
  });

  it('counts what a thread had gathered and not told when it ended, as the rate policy says', () => {
    const world = new World();
    const { engine } = world;
    engine.add(named('mine', ACTIONS.notify({ every: 10 })), OWNER);
    engine.add(named('removed', ACTIONS.notify(every1)), OWNER);
    engine.add(named('of another', ACTIONS.notify(every1)), { uid: 8, gid: 8 });
    const thread = new FakeCountingThread(OWNER.uid);
    engine.threadRegistered(thread);
    engine.matched(thread, { type: 'trigger-matched', trigger: 1, matches: 4, discarded: 1, captures: ['a', 1] });
    thread.tally([1, 30, 2], [2, 5, 0], [3, 5, 0], [99, 5, 0]);
    engine.remove('removed', OWNER.uid);
    engine.threadEnded(thread);
    expect(
      world.performed.map(({ kind, times, report }) => [kind, times, report.occurrences, report.captures]),
    ).toEqual([['notify', 3, 30, { a: null, '$ctx.vpid': null }]]);
    expect(
      engine.describe({ uid: 0, gid: 0 }).map(({ occurrences, messagesDiscarded }) => [occurrences, messagesDiscarded]),
    ).toEqual([
      [30, 2],
      [0, 0],
    ]);
  });

  it('forgets a trigger that is removed, whatever still comes', () => {
    const world = new World();
    const occurred = world.add(CONDITIONS['application-exited'], ACTIONS.notify(every1));
    world.engine.remove('trigger0', OWNER.uid);
    occurred(1);
    expect(world.performed).toEqual([]);
    expect(world.stopped).toEqual([1]);
    expect(() => world.engine.remove('trigger0', OWNER.uid)).toThrow(expect.objectContaining({ code: 'NO_TRIGGER' }));
  });

  it('counts what only counts by the counters of all threads that it is about', async () => {
    const sources: ConditionSources = {
      'no-event-for': {
        start: ({ countedEvents }) => {
          counted = countedEvents;
          return () => {};
        },
      },
    };
    let counted = () => -1;
    const world = new World(sources);
    const { engine } = world;
    const [one, other, foreign] = [new FakeCountingThread(7), new FakeCountingThread(7, 1), new FakeCountingThread(8)];
    for (const thread of [one, other, foreign]) engine.threadRegistered(thread);
    engine.add({ name: 'n', condition: CONDITIONS['no-event-for'], actions: [ACTIONS.notify(every1)] }, OWNER);
    for (const thread of [one, other]) {
      const [desired] = world.desiredFor(7, thread.slot);
      const { index } = desired!.counter as { index: number };
      expect(index % 2).toBe(thread.slot);
      expect(desired).toMatchObject({ rule, captures: null });
      thread.set(index, 5);
      foreign.set(index, 1000);
    }
    expect(world.desiredFor(8)).toEqual([]);
    await settled();
    expect(counted()).toBe(10);
    engine.threadEnded(other);
    expect(counted()).toBe(10);
    expect(() => engine.add(named('e', ACTIONS.notify(every1)), OWNER)).not.toThrow();
    const rotation = { name: null, condition: CONDITIONS['session-rotation'], actions: [ACTIONS.notify(every1)] };
    expect(() => engine.add(rotation, OWNER)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
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
    expect(() => new World().engine.add(definition, OWNER)).toThrow(expect.objectContaining({ code }));
  });

  it('has ten thousand triggers and no more, and room for others when they are gone', () => {
    const world = new World();
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

  it('keeps what is published within what a control file can take', () => {
    const { engine } = new World();
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

  it('are left to applications while the map is there and its session active', () => {
    const world = new World();
    const { engine } = world;
    engine.add(named('i', increment), OWNER);
    const published = () => world.desiredFor(OWNER.uid).map(({ captures, counter }) => [captures, counter]);
    expect(published()).toEqual([[['a', '$ctx.vpid'], null]]);
    world.withMap(false);
    engine.sessionsChanged();
    expect(published()).toEqual([]);
    const map = world.withMap(true);
    engine.sessionsChanged();
    expect(published()).toEqual([[null, { map: 1, template: 'k_{event_name}', repeats: 2 }]]);
    const before = world.published;
    engine.sessionsChanged();
    expect(world.published).toBe(before);

    const thread = new FakeCountingThread(OWNER.uid);
    engine.threadRegistered(thread);
    engine.counted(thread, {
      type: 'counters',
      counters: [
        { index: 16_382, map: 1, key: 'k_p:e', start: 0 },
        { index: 16_381, map: 1, key: 'of the other slot', start: 0 },
        { index: 16_380, map: 9, key: 'of no map', start: 0 },
      ],
    });
    thread.set(16_382, 41);
    const { pid, procname } = thread.process;
    expect(engine.rowsOf(map)).toEqual([
      { map: 'm', owner: { kind: 'process', uid: 7, pid, procname }, key: 'k_p:e', value: 41, overflow: false },
    ]);
    expect(engine.describe(OWNER)).toMatchObject([
      { occurrences: 41, actionStatistics: [{ executions: 41, failures: 0 }] },
    ]);

    world.session = undefined;
    engine.sessionsChanged();
    expect(published()).toEqual([[['a', '$ctx.vpid'], null]]);
    expect(engine.describe(OWNER)).toMatchObject([{ occurrences: 41 }]);
  });

  it('go beside reports where there are other actions', () => {
    const world = new World();
    world.withMap(true);
    world.engine.add(named('i', ACTIONS.notify(every1), increment), OWNER);
    const desired = world.desiredFor(OWNER.uid);
    expect(desired.map(({ captures, counter }) => [captures === null, counter === null])).toEqual([
      [false, true],
      [true, false],
    ]);
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
