import type { ChannelAttributes } from '@ringtail/protocol';

/** Periods of the timers of a channel; undefined: the channel has no such timer. */
export interface ChannelTimers {
  /** Drains open sub-buffers. */
  readonly switchPeriodMs?: number | undefined;
  /** Drains closed sub-buffers, in place of wakes by the producer. */
  readonly readPeriodMs?: number | undefined;
  /** Samples the use of the rings. */
  readonly monitorPeriodMs?: number | undefined;
}

/** Timers of Node.js count whole milliseconds. */
const PERIOD_MS_MIN = 1;

export function channelTimersOf({ switchTimerUs, readTimerUs, monitorTimerUs }: ChannelAttributes): ChannelTimers {
  const periodOf = (us: number) => (us === 0 ? undefined : Math.max(PERIOD_MS_MIN, us / 1000));
  return {
    switchPeriodMs: periodOf(switchTimerUs),
    readPeriodMs: periodOf(readTimerUs),
    monitorPeriodMs: periodOf(monitorTimerUs),
  };
}
