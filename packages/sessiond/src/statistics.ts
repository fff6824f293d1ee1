import type { SessionStatistics } from '@ringtail/protocol';

/** Of a session in which no application has registered. */
const NOTHING: SessionStatistics = {
  eventsRecorded: 0,
  eventsDiscarded: 0,
  eventsFailed: 0,
  eventsNested: 0,
  eventsLost: 0,
  packetsLost: 0,
  packets: 0,
  bytes: 0,
  dataStreams: 0,
  troubles: [],
};

/** What the consumer counted (undefined if it was never asked), with the troubles that the session daemon knows of. */
export function withTroubles(counted: SessionStatistics | undefined, troubles: readonly string[]): SessionStatistics {
  const statistics = counted ?? NOTHING;
  return { ...statistics, troubles: [...new Set([...troubles, ...statistics.troubles])] };
}
