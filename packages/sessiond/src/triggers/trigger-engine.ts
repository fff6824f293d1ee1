import type {
  CapturedValue,
  CountersMessage,
  DesiredTrigger,
  MapRow,
  TriggerDefinition,
  TriggerDescription,
  TriggerMatchedMessage,
} from '@ringtail/protocol';
import type { PeerLog } from '../log/peer-log.ts';
import { DaemonError } from '../model/daemon-error.ts';
import type { DesiredStateBudget } from '../model/desired-state-budget.ts';
import { CAPTURES_BYTES_MAX } from '../model/limits.ts';
import type { Owner, Session } from '../model/session.ts';
import { concernsUser } from '../model/session.ts';
import { jsonWeight } from '../shares/memory-weight.ts';
import { PoolHolding } from '../shares/pool-holding.ts';
import type { Shares } from '../shares/shares.ts';
import { type FindSession, MapIncrements } from './actions/map-increments.ts';
import type { ConditionKind, ConditionSource, ConditionSources } from './conditions/condition-source.ts';
import type { KeyCounters } from './counters/key-counters.ts';
import { type Matches, MatchLedger } from './counters/match-ledger.ts';
import type { CountingThread, SharedCounter, ThreadCounters } from './counters/thread-counters.ts';
import type { CounterMap } from './maps/counter-map.ts';
import { type Perform, Trigger } from './trigger.ts';
import { checkDefinition, isCountedAtEvent, ruleOf } from './trigger-check.ts';
import { TriggerLog } from './trigger-log.ts';

/** Bytes of a desired trigger beside the texts of its definition. */
const DESIRED_TRIGGER_BYTES = 128;

export interface TriggerEngineOptions {
  /** For all kinds except `event-rule-matches`. */
  readonly sources: ConditionSources;
  readonly counters: ThreadCounters;
  readonly keyCounters: KeyCounters;
  readonly budget: DesiredStateBudget;
  readonly shares: Pick<Shares, 'triggers' | 'triggerBytes' | 'kept'>;
  readonly findSession: FindSession;
  readonly perform: Perform;
  /** Publishes the triggers to applications. */
  readonly publish: () => void;
  readonly now: () => Date;
  readonly log: PeerLog;
}

interface Entry {
  readonly trigger: Trigger;
  readonly bytes: number;
  /** The newest captures, which count for the user of the thread. */
  readonly captures: PoolHolding;
  readonly increments: MapIncrements;
  /** Counts the events of conditions that only count. */
  readonly counter: SharedCounter | undefined;
  stop: () => void;
}

type Captures = readonly CapturedValue[];

/** The triggers that threads of one user with one slot evaluate. */
interface Feed {
  readonly log: TriggerLog;
  readonly uid: number;
  readonly slot: number;
  threads: number;
}

/** All triggers: adds and removes them, publishes them to applications, and counts their occurrences. */
export class TriggerEngine {
  readonly #options: TriggerEngineOptions;
  readonly #byKey = new Map<number, Entry>();
  /** By owner and name. */
  readonly #byName = new Map<string, Entry>();
  /** Triggers with actions that applications may carry out. */
  readonly #counting = new Set<Entry>();
  /** By user and slot. */
  readonly #feeds = new Map<string, Feed>();
  readonly #ledger: MatchLedger;
  #nextKey = 1;
  #nextNumber = 0;
  #closed = false;

  constructor(options: TriggerEngineOptions) {
    this.#options = options;
    this.#ledger = new MatchLedger(options.shares.kept);
  }

  /**
   * @returns its name
   * @throws {DaemonError} `TRIGGER_EXISTS` for a name that the owner has used, `TOO_MANY`, `UNSUPPORTED`, and for a
   *   wrong definition
   */
  add(definition: TriggerDefinition, owner: Owner): string {
    const { budget, shares, log } = this.#options;
    checkDefinition(definition);
    const { condition } = definition;
    const source = this.#sourceOf(condition.kind);
    const name = definition.name ?? this.#freeName(owner.uid);
    if (this.#byName.has(nameKey(owner.uid, name))) {
      throw new DaemonError('TRIGGER_EXISTS', `user ${owner.uid} has a trigger ${name} already`);
    }
    const bytes = jsonWeight(definition);
    const refusal = shares.triggers.refusalOf(owner.uid, 1) ?? shares.triggerBytes.refusalOf(owner.uid, bytes);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    const trigger = this.#newTrigger({ ...definition, name }, owner);
    budget.reserve(trigger, owner.uid, desiredBytes(definition));
    let counter: SharedCounter | undefined;
    try {
      counter = this.#counterFor(trigger);
    } catch (error) {
      budget.release(trigger);
      throw error;
    }
    const increments = new MapIncrements(trigger, this.#options.keyCounters, () => this.#nextKey++);
    const captures = new PoolHolding(shares.kept);
    const entry: Entry = { trigger, bytes, captures, increments, counter, stop: () => {} };
    this.#byKey.set(trigger.key, entry);
    this.#byName.set(nameKey(owner.uid, name), entry);
    shares.triggers.take(owner.uid, 1);
    shares.triggerBytes.take(owner.uid, bytes);
    if (definition.actions.some((action) => isCountedAtEvent(condition, action))) this.#counting.add(entry);
    increments.bind(this.#options.findSession);
    if (ruleOf(condition) !== undefined) this.#changed(entry);
    entry.stop =
      source?.start(
        { key: trigger.key, name, owner, condition, countedEvents: () => counter?.read() ?? 0 },
        (count, captures, details) => trigger.occurred(count, captures, details),
      ) ?? (() => {});
    log.of(owner.uid, 'triggers').info(`trigger ${name} of user ${owner.uid} is added`);
    return name;
  }

  /** @throws {DaemonError} `NO_TRIGGER` */
  remove(name: string, uid: number): void {
    const entry = this.#byName.get(nameKey(uid, name));
    if (entry === undefined) throw new DaemonError('NO_TRIGGER', `user ${uid} has no trigger ${name}`);
    const { trigger, increments, captures, counter, bytes } = entry;
    const { shares } = this.#options;
    this.#byName.delete(nameKey(uid, name));
    this.#byKey.delete(trigger.key);
    this.#counting.delete(entry);
    shares.triggers.give(trigger.owner.uid, 1);
    shares.triggerBytes.give(trigger.owner.uid, bytes);
    captures.giveBackAll();
    entry.stop();
    trigger.remove();
    increments.close();
    counter?.close();
    this.#options.budget.release(trigger);
    this.#ledger.triggerRemoved(trigger.key);
    if (ruleOf(trigger.definition.condition) !== undefined) this.#changed(entry);
    this.#options.log.of(uid, 'triggers').info(`trigger ${name} of user ${uid} is removed`);
  }

  /** The triggers that this user may see. */
  *describe({ uid }: Owner): Generator<TriggerDescription> {
    for (const entry of [...this.#byKey.values()]) {
      if (concernsUser({ uid, gid: 0 }, entry.trigger.owner.uid)) yield describe(entry);
    }
  }

  /** Number of triggers of all users. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The triggers that threads of that user with that slot evaluate; the same log for all registered threads. */
  logFor(uid: number, slot: number): TriggerLog {
    return this.#feedOf(uid, slot).log;
  }

  threadRegistered(thread: CountingThread): void {
    this.#options.counters.add(thread);
    this.#options.keyCounters.add(thread);
    this.#ledger.open(thread);
    this.#feedOf(thread.uid, thread.slot).threads += 1;
  }

  /** All messages of the thread are read, and its control file can still be read. */
  threadEnded(thread: CountingThread): void {
    const { uid, slot } = thread;
    for (const untold of this.#ledger.close(thread)) this.#occurred(thread, untold, []);
    this.#options.counters.remove(thread);
    this.#options.keyCounters.remove(thread);
    const feed = this.#feedOf(uid, slot);
    feed.threads -= 1;
    if (feed.threads <= 0) this.#feeds.delete(feedKey(uid, slot));
  }

  /** Matches that a thread reports. Removed triggers, and triggers about threads of other users, are ignored. */
  matched(thread: CountingThread, message: TriggerMatchedMessage): void {
    if (this.#occurred(thread, message, message.captures)) this.#ledger.told(thread, message);
  }

  counted(thread: CountingThread, message: CountersMessage): void {
    this.#options.keyCounters.announced(thread, message);
  }

  /** Sessions or maps came or went, or sessions were started or stopped. */
  sessionsChanged(): void {
    for (const entry of this.#counting) {
      if (entry.increments.bind(this.#options.findSession)) this.#changed(entry);
    }
  }

  sessionCleared({ maps }: Session): void {
    for (const map of maps.values()) this.#options.keyCounters.clear(map);
  }

  sessionDestroyed({ maps }: Session): void {
    this.sessionsChanged();
    for (const map of maps.values()) this.#options.keyCounters.forget(map);
  }

  rowsOf(map: CounterMap): MapRow[] {
    return map.rows(this.#options.keyCounters.liveValues(map));
  }

  /** No action begins any more. */
  close(): void {
    this.#closed = true;
    for (const { trigger, stop } of this.#byKey.values()) {
      stop();
      trigger.remove();
    }
  }

  /** @returns whether the trigger exists and is about the thread */
  #occurred({ uid }: CountingThread, { trigger: key, matches, discarded }: Matches, captures: Captures): boolean {
    const entry = this.#byKey.get(key);
    if (entry === undefined || !concernsUser(entry.trigger.owner, uid)) return false;
    const { trigger } = entry;
    if (trigger.definition.condition.kind !== 'event-rule-matches') return false;
    trigger.messagesDiscarded = Math.min(trigger.messagesDiscarded + discarded, Number.MAX_SAFE_INTEGER);
    trigger.occurred(matches, this.#kept(entry, uid, bounded(captures)));
    return true;
  }

  /** The captures, or none where the share of the user has no room. The occurrence counts in any case. */
  #kept({ captures: holding }: Entry, uid: number, captures: Captures): Captures {
    holding.giveBackAll();
    return captures.length === 0 || holding.take(uid, jsonWeight(captures)) === undefined ? captures : [];
  }

  #newTrigger(definition: TriggerDefinition & { readonly name: string }, owner: Owner): Trigger {
    const { perform, now, log } = this.#options;
    return new Trigger({
      key: this.#nextKey++,
      owner,
      definition,
      perform,
      now,
      onFailure: ({ definition: { name } }, { kind }, why) =>
        log.of(owner.uid, 'failed actions').warn(`trigger ${name} of user ${owner.uid}: ${kind}: ${why}`),
    });
  }

  /** Undefined for matches, which applications report. */
  #sourceOf(kind: ConditionKind): ConditionSource | undefined {
    if (this.#closed) throw new DaemonError('SHUTTING_DOWN', 'the session daemon is about to end');
    if (kind === 'event-rule-matches') return undefined;
    // Each source of the table accepts triggers of its own kind only, which the type of a lookup by kind does not say.
    return this.#options.sources[kind] as ConditionSource;
  }

  #counterFor({ definition: { condition }, owner }: Trigger): SharedCounter | undefined {
    if (ruleOf(condition) === undefined || condition.kind === 'event-rule-matches') return undefined;
    const counter = this.#options.counters.open((thread) => concernsUser(owner, thread.uid));
    if (counter === undefined) {
      throw new DaemonError('TOO_MANY', 'all counters of events are taken: remove triggers on rates or silence first');
    }
    return counter;
  }

  #freeName(uid: number): string {
    for (;;) {
      const name = `trigger${this.#nextNumber++}`;
      if (!this.#byName.has(nameKey(uid, name))) return name;
    }
  }

  #feedOf(uid: number, slot: number): Feed {
    const key = feedKey(uid, slot);
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    const made = { log: new TriggerLog(), uid, slot, threads: 0 };
    this.#feeds.set(key, made);
    for (const entry of this.#byKey.values()) this.#putInto(made, entry);
    return made;
  }

  #changed(entry: Entry): void {
    for (const feed of this.#feeds.values()) this.#putInto(feed, entry);
    this.#options.publish();
  }

  #putInto({ log, uid, slot }: Feed, entry: Entry): void {
    const { key, owner } = entry.trigger;
    if (concernsUser(owner, uid)) log.put(key, this.#byKey.has(key) ? desiredOf(entry, slot) : []);
  }
}

function feedKey(uid: number, slot: number): string {
  return `${uid} ${slot}`;
}

function nameKey(uid: number, name: string): string {
  return `${uid} ${name}`;
}

function desiredOf({ trigger, increments, counter }: Entry, slot: number): DesiredTrigger[] {
  const { condition } = trigger.definition;
  const rule = ruleOf(condition);
  if (rule === undefined) return [];
  const counted = increments.desired();
  if (counter !== undefined) {
    return [{ key: trigger.key, rule, captures: null, counter: { index: counter.indexFor(slot) } }, ...counted];
  }
  if (condition.kind !== 'event-rule-matches' || trigger.actions.every(({ runsInApplication }) => runsInApplication))
    return counted;
  return [{ key: trigger.key, rule, captures: condition.captures, counter: null }, ...counted];
}

/** Most bytes of a trigger in a control file, whichever of its actions applications carry out. */
function desiredBytes({ condition, actions }: TriggerDefinition): number {
  const rule = ruleOf(condition);
  if (rule === undefined) return 0;
  const ruleBytes = DESIRED_TRIGGER_BYTES + Buffer.byteLength(JSON.stringify(rule));
  const captures = condition.kind === 'event-rule-matches' ? condition.captures : [];
  const keys = actions.flatMap((action) =>
    action.kind === 'increment' && isCountedAtEvent(condition, action) ? [action.key] : [],
  );
  return ruleBytes * (1 + keys.length) + Buffer.byteLength(JSON.stringify([captures, keys]));
}

function describe({ trigger, increments }: Entry): TriggerDescription {
  const { definition, owner, messagesDiscarded, actions } = trigger;
  return {
    ...definition,
    uid: owner.uid,
    occurrences: trigger.occurrences + increments.occurrences,
    messagesDiscarded,
    actionStatistics: actions.map((state) => {
      const { added, refused } = increments.executionsOf(state);
      return {
        executions: state.executions + added,
        failures: state.failures + refused,
        lastFailure: refused > 0 ? 'the map, or the share of a user, is full' : state.lastFailure,
      };
    }),
  };
}

/** The values that a report has room for; null for the others. */
function bounded(captures: Captures): Captures {
  let bytes = 0;
  return captures.map((value) => {
    bytes += Buffer.byteLength(JSON.stringify(value));
    return bytes > CAPTURES_BYTES_MAX ? null : value;
  });
}
