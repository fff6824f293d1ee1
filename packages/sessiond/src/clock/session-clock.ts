import { createRequire } from 'node:module';
import { describeError, NS_PER_S } from '@ringtail/base';
import type { ClockKind } from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';
import type { ClockReading } from '../model/session.ts';
import { clockOffsetNs } from './clock-offset.ts';

/**
 * Reads frequency and offset of a clock.
 *
 * @throws {DaemonError} `NO_CLOCK` if the machine or the missing clock addon does not allow it
 */
export function readClock(kind: ClockKind): ClockReading {
  const monotonicOffsetNs = clockOffsetNs();
  if (kind === 'monotonic') return { frequencyHz: NS_PER_S, offsetNs: monotonicOffsetNs };
  const { frequencyHz, tsc, monotonicNs } = readTsc();
  return { frequencyHz, offsetNs: monotonicOffsetNs + monotonicNs - (tsc * NS_PER_S) / frequencyHz };
}

/**
 * The value of a clock the given time ago; 0 if it did not run yet.
 *
 * @throws {DaemonError} `NO_CLOCK` as `readClock`
 */
export function clockValueAgo(kind: ClockKind, microseconds: number): number {
  const agoNs = BigInt(microseconds) * 1000n;
  return Math.max(0, Number(kind === 'monotonic' ? process.hrtime.bigint() - agoNs : tscAgo(agoNs)));
}

function tscAgo(ns: bigint): bigint {
  const { frequencyHz, tsc } = readTsc();
  return tsc - (ns * frequencyHz) / NS_PER_S;
}

function readTsc(): { frequencyHz: bigint; tsc: bigint; monotonicNs: bigint } {
  try {
    const addon = createRequire(import.meta.url)(`#clock-${process.platform}-${process.arch}`) as {
      tscFrequency(): number;
      tscPair(): { tsc: bigint; monotonicNs: bigint };
    };
    return { frequencyHz: BigInt(addon.tscFrequency()), ...addon.tscPair() };
  } catch (error) {
    const reason = describeError(error).split('\n')[0];
    throw new DaemonError('NO_CLOCK', `the tsc clock cannot be used here: ${reason}; the monotonic clock always works`);
  }
}
