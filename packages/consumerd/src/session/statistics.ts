import { NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';

type NotOfStreams = 'dataStreams' | 'programsNotRecorded' | 'troubles';

/** What one data stream contributes to the statistics of its session; `bytes` is the size of its file. */
export type StreamStatistics = {
  -readonly [Name in Exclude<keyof SessionStatistics, NotOfStreams>]: number;
};

export function noStatistics(): StreamStatistics {
  const { dataStreams: _, programsNotRecorded: __, troubles: ___, ...counts } = NO_STATISTICS;
  return counts;
}

/** More different troubles than this are not told one by one. */
const TROUBLES_MAX = 100;

/** What went wrong in a session, each condition once, in words. */
export class Troubles {
  readonly #sentences = new Set<string>();
  #more = 0;
  readonly #onNew: (sentence: string) => void;

  /** @param onNew told of each condition once, for the log. */
  constructor(onNew: (sentence: string) => void) {
    this.#onNew = onNew;
  }

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size >= TROUBLES_MAX) {
      this.#more += 1;
      return;
    }
    this.#sentences.add(sentence);
    this.#onNew(sentence);
  }

  list(): string[] {
    const list = [...this.#sentences];
    return this.#more === 0 ? list : [...list, `and ${this.#more} more troubles`];
  }
}

/** Sums over the data streams of a session; `dataStreams` counts those that have a file. */
export function sumStatistics(streams: Iterable<StreamStatistics>, troubles: readonly string[]): SessionStatistics {
  const sum = noStatistics();
  let dataStreams = 0;
  for (const stream of streams) {
    for (const name of Object.keys(sum) as (keyof StreamStatistics)[]) sum[name] += stream[name];
    if (stream.packets > 0) dataStreams += 1;
  }
  return { ...sum, dataStreams, programsNotRecorded: 0, troubles };
}
