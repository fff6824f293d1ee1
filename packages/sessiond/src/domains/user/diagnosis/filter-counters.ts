import type { DesiredChannel } from '@ringtail/protocol';
import type { Channel, Session } from '../../../model/session.ts';
import type { CountingThread, SharedCounter } from '../../../triggers/counters/thread-counters.ts';

type EvaluationCounter = Pick<SharedCounter, 'indexFor' | 'read' | 'close'>;

/** Number of evaluations of a channel's filters, and of evaluations in which all filters were false. */
export interface FilterCounts {
  readonly evaluated: number;
  readonly rejected: number;
}

export interface FilterCountersOptions {
  /** Returns undefined if all counters are in use. */
  readonly open: (counts: (thread: CountingThread) => boolean) => EvaluationCounter | undefined;
  readonly sessions: () => readonly Session[];
}

interface Pair {
  readonly session: Session;
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
  indexesFor(session: Session, channel: Channel, slot: number): DesiredChannel['filterCounters'] {
    const pair = this.#pairs.get(channel) ?? this.#open(session, channel);
    if (pair === undefined) return null;
    return { evaluated: pair.evaluated.indexFor(slot), rejected: pair.rejected.indexFor(slot) };
  }

  countsOf(channel: Channel): FilterCounts | null {
    const pair = this.#pairs.get(channel);
    return pair === undefined ? null : { evaluated: pair.evaluated.read(), rejected: pair.rejected.read() };
  }

  #open(session: Session, channel: Channel): Pair | undefined {
    if (!channel.rules.enabled().some(({ filter }) => filter !== undefined)) return undefined;
    this.#closeOthers();
    const counts = ({ uid }: CountingThread) => [...session.traces.values()].some((trace) => trace.uid === uid);
    const evaluated = this.#options.open(counts);
    const rejected = this.#options.open(counts);
    if (evaluated === undefined || rejected === undefined) {
      evaluated?.close();
      return undefined;
    }
    const pair = { session, evaluated, rejected };
    this.#pairs.set(channel, pair);
    return pair;
  }

  /** Closes the counters of destroyed sessions. */
  #closeOthers(): void {
    const sessions = new Set(this.#options.sessions());
    for (const [channel, { session, evaluated, rejected }] of this.#pairs) {
      if (sessions.has(session)) continue;
      evaluated.close();
      rejected.close();
      this.#pairs.delete(channel);
    }
  }
}
