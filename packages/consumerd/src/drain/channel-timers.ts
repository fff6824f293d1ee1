import type { ChannelAttributes } from '@ringtail/protocol';

/** When the rings of a channel are looked at, in milliseconds; undefined: as all others are. */
export interface ChannelTimers {
  /** Open sub-buffers are taken. */
  readonly switchPeriodMs?: number | undefined;
  /** Closed sub-buffers are looked for, in place of being told of them. */
  readonly readPeriodMs?: number | undefined;
  /** The use of the rings is sampled; undefined: never. */
  readonly monitorPeriodMs?: number | undefined;
}

/** Timers of the system count whole milliseconds. */
const PERIOD_MS_MIN = 1;

export function channelTimersOf({ switchTimerUs, readTimerUs, monitorTimerUs }: ChannelAttributes): ChannelTimers {
  const periodOf = (us: number) => (us === 0 ? undefined : Math.max(PERIOD_MS_MIN, us / 1000));
  return {
    switchPeriodMs: periodOf(switchTimerUs),
    readPeriodMs: periodOf(readTimerUs),
    monitorPeriodMs: periodOf(monitorTimerUs),
  };
}
