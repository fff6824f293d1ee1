import { NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';

/** What the consumer counted (undefined if it was never asked), with the troubles that the session daemon knows of. */
export function withTroubles(counted: SessionStatistics | undefined, troubles: readonly string[]): SessionStatistics {
  const statistics = counted ?? NO_STATISTICS;
  return { ...statistics, troubles: [...new Set([...troubles, ...statistics.troubles])] };
}
