import { now } from '@ringtail/base/node';
import type { ClockKind } from '@ringtail/protocol';
import { loadClockAddon } from './addon.ts';

/** A clock, in the forms that recorders use. */
export interface ThreadClock {
  /** Valid as part of an identifier. Clocks with one name give the same values. */
  readonly name: string;
  /** Source text: a statement to run before `expression`. */
  readonly statement: string;
  /** Source text: the clock value, a number that is a whole count of nanoseconds or cycles. */
  readonly expression: string;
  /** Values of the names in the text. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** The same as a function, for recorders that are made of closures. */
  read(): number;
}

/** Captured at load: test frameworks replace it. */
const hrtime = process.hrtime.bigint;
const NANOSECONDS_PER_MILLISECOND = 1e6;

/**
 * The clock of that kind in this thread.
 *
 * @param offsetNs added to CLOCK_MONOTONIC, which differs from one time namespace to another
 * @returns undefined if the machine or a missing addon does not allow it; `monotonic` is always available
 */
export function threadClock(kind: ClockKind, offsetNs = 0): ThreadClock | undefined {
  const addon = loadClockAddon();
  if (kind === 'tsc') {
    return addon === undefined ? undefined : addonClock(kind, addon.tsc, addon.value, 0);
  }
  return addon === undefined ? performanceClock(offsetNs) : addonClock(kind, addon.monotonic, addon.value, offsetNs);
}

function addonClock(kind: ClockKind, readClock: () => void, clockValue: Float64Array, offsetNs: number): ThreadClock {
  return {
    name: nameOf(kind, offsetNs),
    statement: `readClock_${kind}();`,
    expression: offsetNs === 0 ? 'clockValue[0]' : `clockValue[0] + ${offsetNs}`,
    constants: { [`readClock_${kind}`]: readClock, clockValue },
    read() {
      readClock();
      return (clockValue[0] as number) + offsetNs;
    },
  };
}

/** `performance.now()` is CLOCK_MONOTONIC with another origin, and the fastest clock without native code. */
function performanceClock(offsetNs: number): ThreadClock {
  const origin = performanceOriginNs() + offsetNs;
  return {
    name: nameOf('monotonic', offsetNs),
    statement: '',
    expression: `Math.round(now() * ${NANOSECONDS_PER_MILLISECOND}) + ${origin}`,
    constants: { now },
    read: () => Math.round(now() * NANOSECONDS_PER_MILLISECOND) + origin,
  };
}

function nameOf(kind: ClockKind, offsetNs: number): string {
  return offsetNs === 0 ? kind : `${kind}_${offsetNs}`.replace('-', 'minus');
}

/** CLOCK_MONOTONIC at the origin of `performance.now()`, as exact as the shortest of several brackets. */
function performanceOriginNs(): number {
  let best = { width: Number.POSITIVE_INFINITY, origin: 0 };
  for (let i = 0; i < 20; i++) {
    const before = Number(hrtime());
    const middle = now();
    const after = Number(hrtime());
    const width = after - before;
    if (width < best.width) {
      best = { width, origin: Math.round((before + after) / 2 - middle * NANOSECONDS_PER_MILLISECOND) };
    }
  }
  return best.origin;
}
