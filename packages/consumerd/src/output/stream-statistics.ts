import { NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';

type SessionOnly = 'dataStreams' | 'programsNotRecorded' | 'wrongValues' | 'troubles';

/** Statistics of one data stream, a part of those of its session. `bytes` is the size of its packets. */
export type StreamStatistics = {
  -readonly [Name in Exclude<keyof SessionStatistics, SessionOnly>]: number;
};

export function noStatistics(): StreamStatistics {
  const { dataStreams: _, programsNotRecorded: __, wrongValues: ___, troubles: ____, ...counts } = NO_STATISTICS;
  return counts;
}

/** Sums the data streams of a session; `dataStreams` counts those that have packets. */
export function sumStatistics(streams: Iterable<StreamStatistics>, troubles: readonly string[]): SessionStatistics {
  const sum = noStatistics();
  let dataStreams = 0;
  for (const stream of streams) {
    for (const name of Object.keys(sum) as (keyof StreamStatistics)[]) sum[name] += stream[name];
    if (stream.packets > 0) dataStreams += 1;
  }
  return { ...sum, dataStreams, programsNotRecorded: 0, wrongValues: [], troubles };
}
