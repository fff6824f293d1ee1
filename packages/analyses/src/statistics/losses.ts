import type { LossMessage } from '@ringtail/ctf';

/** What the traces report as lost. */
export interface Losses {
  readonly discardedEvents: bigint;
  readonly discardedPackets: bigint;
  /** Reports without a number. */
  readonly unknownReports: number;
}

export const NO_LOSSES: Losses = { discardedEvents: 0n, discardedPackets: 0n, unknownReports: 0 };

export function lossesOf({ kind, count }: LossMessage): Losses {
  return {
    discardedEvents: kind === 'discarded-events' ? (count ?? 0n) : 0n,
    discardedPackets: kind === 'discarded-packets' ? (count ?? 0n) : 0n,
    unknownReports: count === undefined ? 1 : 0,
  };
}

export function addLosses(a: Losses, b: Losses): Losses {
  return {
    discardedEvents: a.discardedEvents + b.discardedEvents,
    discardedPackets: a.discardedPackets + b.discardedPackets,
    unknownReports: a.unknownReports + b.unknownReports,
  };
}
