import type {
  DesiredTrigger,
  RatePolicy,
  TriggerAction,
  TriggerCondition,
  TriggerDefinition,
  TriggerReport,
} from '@ringtail/protocol';
import { DesiredStateBudget } from '../model/desired-state-budget.ts';
import type { Session } from '../model/session.ts';
import type { Shares } from '../shares/shares.ts';
import type {
  ConditionKind,
  ConditionSource,
  ConditionSources,
  Occurred,
} from '../triggers/conditions/condition-source.ts';
import { KeyCounters } from '../triggers/counters/key-counters.ts';
import { ThreadCounters } from '../triggers/counters/thread-counters.ts';
import type { CounterMap } from '../triggers/maps/counter-map.ts';
import type { Firing, Performance } from '../triggers/trigger.ts';
import { TriggerEngine } from '../triggers/trigger-engine.ts';
import { FakeCountingThread } from './counting-thread.test.support.ts';
import { desiredStateIn } from './desired-state.test.support.ts';
import { newMap } from './maps.test.support.ts';
import { QUIET_LOG } from './quiet-log.test.support.ts';
import { testShares } from './shares.test.support.ts';

export const OWNER = { uid: 7, gid: 70 };
export const rule = { pattern: 'p:e' };

export const CONDITIONS: { readonly [Kind in ConditionKind]: Extract<TriggerCondition, { kind: Kind }> } = {
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
  'session-trouble': { kind: 'session-trouble', session: 's' },
  'application-exited': { kind: 'application-exited', procname: '*', causes: ['signal'] },
  'event-rate-above': { kind: 'event-rate-above', rule, perSecond: 1 },
  'no-event-for': { kind: 'no-event-for', rule, periodUs: 1 },
  'event-loop-stalled': { kind: 'event-loop-stalled', procname: '*', periodUs: 1 },
};
export const ACTIONS: { readonly [Kind in TriggerAction['kind']]: (ratePolicy: RatePolicy) => TriggerAction } = {
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
interface Performed {
  readonly kind: TriggerAction['kind'];
  readonly times: number;
  readonly report: TriggerReport;
}

/** An engine with sources that do what the test says, and actions that only write down that it was their turn. */
export class TriggerWorld {
  readonly performed: Performed[] = [];
  readonly occurred = new Map<number, Occurred>();
  readonly stopped: number[] = [];
  readonly counters: ThreadCounters;
  readonly shares: Shares;
  readonly keyCounters: KeyCounters;
  session: Session | undefined;
  map: CounterMap | undefined;
  published = 0;
  /** Time of the monotonic clock. */
  nowMs = 0;
  perform: (action: TriggerAction, firing: Firing) => Performance | undefined = () => undefined;
  readonly engine: TriggerEngine;

  constructor(sources: Partial<ConditionSources> = {}, shares = testShares(OWNER.uid)) {
    this.shares = shares;
    this.counters = new ThreadCounters(shares.kept);
    this.keyCounters = new KeyCounters(shares.kept);
    this.engine = new TriggerEngine({
      sources: { ...this.#sources(), ...sources },
      counters: this.counters,
      keyCounters: this.keyCounters,
      budget: new DesiredStateBudget(shares.desiredState),
      shares,
      findSession: (name) => (this.session?.name === name ? this.session : undefined),
      mapOf: (_, { map }) => (map === 'm' ? this.map : undefined),
      perform: (action, firing) => {
        this.performed.push({ kind: action.kind, times: firing.times, report: firing.report });
        return this.perform(action, firing);
      },
      publish: () => {
        this.published++;
      },
      now: () => new Date(0),
      nowMs: () => this.nowMs,
      log: QUIET_LOG,
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

  /** The triggers that threads of that user evaluate. */
  desiredFor(uid: number, slot = 0): DesiredTrigger[] {
    return [...desiredStateIn('', this.engine.logFor(uid, slot).bytes.toString()).triggers];
  }

  withMap(active: boolean): CounterMap {
    this.map = newMap({ keyCountMax: 2, updatePolicy: 'per-event' });
    this.session = { name: 's', active, owner: OWNER } as unknown as Session;
    return this.map;
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

export const named = (name: string, ...actions: TriggerAction[]): TriggerDefinition => ({
  name,
  condition: CONDITIONS['event-rule-matches'],
  actions,
});
export const every1 = { every: 1 };
