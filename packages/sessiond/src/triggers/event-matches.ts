import type { CapturedValue, DesiredTrigger, TriggerDescription, TriggerMatchedMessage } from '@ringtail/protocol';
import { CAPTURES_BYTES_MAX } from '../shares/limits.ts';
import { jsonWeight } from '../shares/memory-weight.ts';
import { PoolHolding } from '../shares/pool-holding.ts';
import type { SharedPool } from '../shares/shared-pool.ts';
import { MapIncrements } from './actions/map-increments.ts';
import type { KeyCounters } from './counters/key-counters.ts';
import type { CountingThread, SharedCounter } from './counters/thread-counters.ts';
import type { Trigger } from './trigger.ts';

type Captures = readonly CapturedValue[];

export interface EventMatchesOptions {
  readonly trigger: Trigger;
  /** Counts the matches. */
  readonly matched: SharedCounter;
  /** Counts the events that could not be evaluated. */
  readonly missed: SharedCounter;
  readonly keyCounters: KeyCounters;
  /** Bytes kept for applications. */
  readonly kept: SharedPool;
}

/** The matches of a trigger's event rule in applications: counted, reported, and added to maps. */
export class EventMatches {
  readonly increments: MapIncrements;
  readonly #options: EventMatchesOptions;
  /** The newest captures, which count for the user of the thread. */
  readonly #holding: PoolHolding;

  constructor(options: EventMatchesOptions) {
    const { trigger, keyCounters, matched, kept } = options;
    this.#options = options;
    this.increments = new MapIncrements(trigger, keyCounters, matched);
    this.#holding = new PoolHolding(kept);
  }

  reported(
    thread: CountingThread,
    { matches, discarded, captures }: Pick<TriggerMatchedMessage, 'matches' | 'discarded' | 'captures'>,
  ): void {
    const { trigger, matched, missed } = this.#options;
    matched.settle(thread, matches);
    missed.settle(thread, discarded);
    trigger.occurred(matches, this.#kept(thread.uid, bounded(captures)));
  }

  /** Adds the matches that the thread has counted and not reported. */
  threadEnded(thread: CountingThread): void {
    const { matched, missed } = this.#options;
    const matches = matched.unsettledOf(thread);
    const discarded = missed.unsettledOf(thread);
    if (matches > 0 || discarded > 0) this.reported(thread, { matches, discarded, captures: [] });
  }

  desired(slot: number): DesiredTrigger | undefined {
    const { trigger, matched, missed } = this.#options;
    const { key, isReported } = trigger;
    const { condition } = trigger.definition;
    const keys = this.increments.keys();
    if (condition.kind !== 'event-rule-matches' || (!isReported && keys.length === 0)) return undefined;
    const { rule, captures } = condition;
    const reports = isReported ? { captures, missed: missed.indexFor(slot) } : null;
    return { key, rule, counter: matched.indexFor(slot), keys, reports };
  }

  statistics(): Pick<TriggerDescription, 'occurrences' | 'messagesDiscarded' | 'actionStatistics'> {
    const { trigger, matched, missed } = this.#options;
    return {
      occurrences: trigger.isReported ? matched.settled : matched.read(),
      messagesDiscarded: missed.settled,
      actionStatistics: trigger.actions.map((state) => this.increments.statisticsOf(state)),
    };
  }

  close(): void {
    this.increments.close();
    this.#holding.giveBackAll();
  }

  /** The captures, or none where the share of the user has no room. The occurrence counts in any case. */
  #kept(uid: number, captures: Captures): Captures {
    this.#holding.giveBackAll();
    return captures.length === 0 || this.#holding.take(uid, jsonWeight(captures)) === undefined ? captures : [];
  }
}

/** The values that a report has room for; null for the others. */
function bounded(captures: Captures): Captures {
  let bytes = 0;
  return captures.map((value) => {
    bytes += Buffer.byteLength(JSON.stringify(value));
    return bytes > CAPTURES_BYTES_MAX ? null : value;
  });
}
