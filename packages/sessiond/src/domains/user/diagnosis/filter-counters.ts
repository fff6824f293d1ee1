import type { DesiredChannel } from '@ringtail/protocol';
import type { CountingThread, SharedCounter } from '../../../triggers/counters/thread-counters.ts';
import { recordedRules } from '../part/recorded-rules.ts';
import type { Channel, UserPart } from '../part/user-part.ts';

type EvaluationCounter = Pick<SharedCounter, 'indexFor' | 'read' | 'close'>;

/** Number of evaluations of a channel's filters, and of evaluations in which all filters were false. */
export interface FilterCounts {
  readonly evaluated: number;
  readonly rejected: number;
}

export interface FilterCountersOptions {
  /** Returns undefined if all counters are in use. */
  readonly open: (counts: (thread: CountingThread) => boolean) => EvaluationCounter | undefined;
  readonly parts: () => readonly UserPart[];
}

interface Pair {
  readonly part: UserPart;
  readonly evaluated: EvaluationCounter;
  readonly rejected: EvaluationCounter;
}

/** Counters of channels with filters, so that a diagnosis finds a filter that is never true. */
export class FilterCounters {
  readonly #options: FilterCountersOptions;
  readonly #pairs = new Map<Channel, Pair>();

  constructor(options: FilterCountersOptions) {
    this.#options = options;
  }

  /** Counters for threads with this slot; null if the channel's filters are not counted. */
  indexesFor(part: UserPart, channel: Channel, slot: number): DesiredChannel['filterCounters'] {
    const pair = this.#pairs.get(channel) ?? this.#open(part, channel);
    if (pair === undefined) return null;
    return { evaluated: pair.evaluated.indexFor(slot), rejected: pair.rejected.indexFor(slot) };
  }

  countsOf(channel: Channel): FilterCounts | null {
    const pair = this.#pairs.get(channel);
    return pair === undefined ? null : { evaluated: pair.evaluated.read(), rejected: pair.rejected.read() };
  }

  #open(part: UserPart, channel: Channel): Pair | undefined {
    if (!recordedRules(channel).some(({ filter }) => filter !== undefined)) return undefined;
    this.#closeOthers();
    const counts = ({ uid }: CountingThread) => [...part.traces.values()].some((trace) => trace.uid === uid);
    const evaluated = this.#options.open(counts);
    const rejected = this.#options.open(counts);
    if (evaluated === undefined || rejected === undefined) {
      evaluated?.close();
      return undefined;
    }
    const pair = { part, evaluated, rejected };
    this.#pairs.set(channel, pair);
    return pair;
  }

  /** Closes the counters of destroyed sessions. */
  #closeOthers(): void {
    const parts = new Set(this.#options.parts());
    for (const [channel, { part, evaluated, rejected }] of this.#pairs) {
      if (parts.has(part)) continue;
      evaluated.close();
      rejected.close();
      this.#pairs.delete(channel);
    }
  }
}
