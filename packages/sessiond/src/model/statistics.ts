import { NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import type { Troubles } from './troubles.ts';

/** The consumer's counts, with the troubles that the session daemon knows. @param counted undefined: never asked for */
export function withTroubles(
  counted: SessionStatistics | undefined,
  known: Troubles,
  ...more: readonly string[]
): SessionStatistics {
  const statistics = counted ?? NO_STATISTICS;
  const troubles = [...new Set([...known.list(), ...more, ...statistics.troubles])];
  return { ...statistics, programsNotRecorded: known.programsNotRecorded, troubles };
}
