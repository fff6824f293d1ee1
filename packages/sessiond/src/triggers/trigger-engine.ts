import type {
  CountersMessage,
  DesiredTrigger,
  TriggerDefinition,
  TriggerDescription,
  TriggerMatchedMessage,
} from '@ringtail/protocol';
import type { PeerLog } from '../log/peer-log.ts';
import { DaemonError } from '../model/daemon-error.ts';
import type { DesiredStateBudget } from '../model/desired-state-budget.ts';
import type { Owner } from '../model/owner.ts';
import { concernsUser } from '../model/owner.ts';
import { jsonWeight } from '../shares/memory-weight.ts';
import type { Shares } from '../shares/shares.ts';
import type { MapOf } from './actions/map-increments.ts';
import type { ConditionKind, ConditionSource, ConditionSources, FindSession } from './conditions/condition-source.ts';
import type { KeyCounters } from './counters/key-counters.ts';
import type { CountingThread, SharedCounter, ThreadCounters } from './counters/thread-counters.ts';
import { EventMatches } from './event-matches.ts';
import type { CounterMap } from './maps/counter-map.ts';
import { type Perform, Trigger } from './trigger.ts';
import { checkDefinition, isCountedAtEvent, ruleOf } from './trigger-check.ts';
import { TriggerFeeds } from './trigger-feeds.ts';
import type { TriggerLog } from './trigger-log.ts';

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
  readonly mapOf: MapOf;
  readonly perform: Perform;
  /** Publishes the triggers to applications. */
  readonly publish: () => void;
  readonly now: () => Date;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  readonly log: PeerLog;
}

interface Entry {
  readonly trigger: Trigger;
  readonly bytes: number;
  /** Counters of the events that the rule matches, and then of those that applications could not evaluate. */
  readonly counters: readonly SharedCounter[];
  /** Undefined for conditions that the daemon watches. */
  readonly matches: EventMatches | undefined;
  stop: () => void;
}

/** All triggers: adds and removes them, publishes them to applications, and counts their occurrences. */
export class TriggerEngine {
  readonly #options: TriggerEngineOptions;
  readonly #byKey = new Map<number, Entry>();
  /** By owner and name. */
  readonly #byName = new Map<string, Entry>();
  readonly #feeds = new TriggerFeeds();
  #nextKey = 1;
  #nextNumber = 0;
  #closed = false;

  constructor(options: TriggerEngineOptions) {
    this.#options = options;
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
    const entry: Entry = { trigger, bytes, ...this.#countersFor(trigger), stop: () => {} };
    this.#byKey.set(trigger.key, entry);
    this.#byName.set(nameKey(owner.uid, name), entry);
    shares.triggers.take(owner.uid, 1);
    shares.triggerBytes.take(owner.uid, bytes);
    this.#bind(entry);
    if (entry.counters.length > 0) this.#changed(entry);
    const [counter] = entry.counters;
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
    const { trigger, counters, bytes } = entry;
    const { shares, budget, log, publish } = this.#options;
    this.#byName.delete(nameKey(uid, name));
    this.#byKey.delete(trigger.key);
    shares.triggers.give(trigger.owner.uid, 1);
    shares.triggerBytes.give(trigger.owner.uid, bytes);
    entry.stop();
    trigger.remove();
    entry.matches?.close();
    for (const counter of counters) counter.close();
    budget.release(trigger);
    if (counters.length > 0) {
      this.#feeds.remove(trigger.key);
      publish();
    }
    log.of(uid, 'triggers').info(`trigger ${name} of user ${uid} is removed`);
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
    return this.#feeds.logFor(uid, slot);
  }

  threadRegistered(thread: CountingThread): void {
    this.#options.counters.add(thread);
    this.#options.keyCounters.add(thread);
    this.#feeds.threadRegistered(thread.uid, thread.slot);
  }

  /** All messages of the thread are read, and its control file can still be read. */
  threadEnded(thread: CountingThread): void {
    this.#options.counters.readAgain(thread);
    for (const { matches } of this.#byKey.values()) matches?.threadEnded(thread);
    this.#options.counters.remove(thread);
    this.#options.keyCounters.remove(thread);
    this.#feeds.threadEnded(thread.uid, thread.slot);
  }

  /** Matches that a thread reports. Removed triggers, and triggers about threads of other users, are ignored. */
  matched(thread: CountingThread, message: TriggerMatchedMessage): void {
    const entry = this.#byKey.get(message.trigger);
    if (entry !== undefined && concernsUser(entry.trigger.owner, thread.uid)) entry.matches?.reported(thread, message);
  }

  counted(thread: CountingThread, message: CountersMessage): void {
    this.#options.keyCounters.announced(thread, message);
  }

  /** Sessions or maps came or went, or sessions were started or stopped. */
  sessionsChanged(): void {
    for (const entry of this.#byKey.values()) if (this.#bind(entry)) this.#changed(entry);
  }

  /** The session of these maps has been destroyed. */
  mapsRemoved(maps: Iterable<CounterMap>): void {
    this.sessionsChanged();
    for (const map of maps) this.#options.keyCounters.forget(map);
  }

  /** No action begins any more. */
  close(): void {
    this.#closed = true;
    for (const { trigger, stop } of this.#byKey.values()) {
      stop();
      trigger.remove();
    }
  }

  #newTrigger(definition: TriggerDefinition & { readonly name: string }, owner: Owner): Trigger {
    const { perform, now, nowMs, log } = this.#options;
    return new Trigger({
      key: this.#nextKey++,
      owner,
      definition,
      perform,
      now,
      nowMs,
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

  #countersFor(trigger: Trigger): Pick<Entry, 'counters' | 'matches'> {
    const { definition, owner } = trigger;
    if (ruleOf(definition.condition) === undefined) return { counters: [], matches: undefined };
    const { counters, keyCounters, budget, shares } = this.#options;
    const open = () => counters.open((thread) => concernsUser(owner, thread.uid));
    const matched = open();
    const missed = open();
    if (matched === undefined || missed === undefined) {
      matched?.close();
      budget.release(trigger);
      throw new DaemonError('TOO_MANY', 'all counters of events are taken: remove triggers on events first');
    }
    const isWatched = definition.condition.kind !== 'event-rule-matches';
    return {
      counters: [matched, missed],
      matches: isWatched ? undefined : new EventMatches({ trigger, matched, missed, keyCounters, kept: shares.kept }),
    };
  }

  #freeName(uid: number): string {
    for (;;) {
      const name = `trigger${this.#nextNumber++}`;
      if (!this.#byName.has(nameKey(uid, name))) return name;
    }
  }

  #bind({ matches }: Entry): boolean {
    return matches?.increments.bind(this.#options.findSession, this.#options.mapOf) ?? false;
  }

  #changed(entry: Entry): void {
    const { key, owner } = entry.trigger;
    this.#feeds.put({ key, owner, desired: (slot) => desiredOf(entry, slot) });
    this.#options.publish();
  }
}

function nameKey(uid: number, name: string): string {
  return `${uid} ${name}`;
}

function desiredOf({ trigger, matches, counters: [counter] }: Entry, slot: number): DesiredTrigger | undefined {
  if (matches !== undefined) return matches.desired(slot);
  const rule = ruleOf(trigger.definition.condition);
  if (rule === undefined || counter === undefined) return undefined;
  return { key: trigger.key, rule, counter: counter.indexFor(slot), keys: [], reports: null };
}

/** Most bytes of a trigger in a control file, whichever of its actions applications carry out. */
function desiredBytes({ condition, actions }: TriggerDefinition): number {
  const rule = ruleOf(condition);
  if (rule === undefined) return 0;
  const captures = condition.kind === 'event-rule-matches' ? condition.captures : [];
  const templates = actions.flatMap((action) =>
    action.kind === 'increment' && isCountedAtEvent(condition, action) ? [action.key] : [],
  );
  const bytes = Buffer.byteLength(JSON.stringify([rule, captures, templates]));
  return bytes + DESIRED_TRIGGER_BYTES * (1 + templates.length);
}

function describe({ trigger, matches }: Entry): TriggerDescription {
  const { definition, owner, actions, occurrences } = trigger;
  const ofDaemon = {
    occurrences,
    messagesDiscarded: 0,
    actionStatistics: actions.map(({ executions, failures, suppressed, lastFailure }) => ({
      executions,
      failures,
      suppressed,
      lastFailure,
    })),
  };
  return { ...definition, uid: owner.uid, ...(matches?.statistics() ?? ofDaemon) };
}
