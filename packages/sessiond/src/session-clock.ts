import { createRequire } from 'node:module';
import { describeError } from '@ringtail/base';
import type { ClockKind } from '@ringtail/protocol';
import { clockOffsetNs } from './clock-offset.ts';
import { DaemonError } from './daemon-error.ts';

/** A clock as its metadata describe it. */
export interface ClockReading {
  readonly frequencyHz: bigint;
  /** Realtime at the clock's zero, nanoseconds. */
  readonly offsetNs: bigint;
}

const NS_PER_SECOND = 1_000_000_000n;

/**
 * Frequency and offset of a clock now.
 *
 * @throws {DaemonError} `NO_CLOCK` where the machine or the missing clock addon does not allow it
 */
export function readClock(kind: ClockKind): ClockReading {
  const monotonicOffsetNs = clockOffsetNs();
  if (kind === 'monotonic') return { frequencyHz: NS_PER_SECOND, offsetNs: monotonicOffsetNs };
  try {
    const addon = createRequire(import.meta.url)(`@ringtail/clock-${process.platform}-${process.arch}`) as {
      tscFrequency(): number;
      tscPair(): { tsc: bigint; monotonicNs: bigint };
    };
    const frequencyHz = BigInt(addon.tscFrequency());
    const { tsc, monotonicNs } = addon.tscPair();
    return { frequencyHz, offsetNs: monotonicOffsetNs + monotonicNs - (tsc * NS_PER_SECOND) / frequencyHz };
  } catch (error) {
    const reason = describeError(error).split('\n')[0];
    throw new DaemonError('NO_CLOCK', `the tsc clock cannot be used here: ${reason}; the monotonic clock always works`);
  }
}
