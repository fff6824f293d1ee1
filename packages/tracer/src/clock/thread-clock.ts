import { now } from '@ringtail/base/node';
import type { ClockKind } from '@ringtail/protocol';
import { loadClockAddon } from './addon.ts';

/** A clock as recorders read it. */
export interface ThreadClock {
  readonly kind: ClockKind;
  /** Source text: a statement to run before `expression`. */
  readonly statement: string;
  /** Source text: the clock value, a number that is a whole count of nanoseconds or cycles. */
  readonly expression: string;
  /** What the text refers to by name. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** The same as a function, for recorders made of closures. */
  read(): number;
}

/** Captured at load: test frameworks replace it. */
const hrtime = process.hrtime.bigint;
const NANOSECONDS_PER_MILLISECOND = 1e6;

/**
 * The clock of that kind in this thread.
 *
 * @returns undefined where the machine or the missing addon does not allow it (only `monotonic` is always there).
 */
export function threadClock(kind: ClockKind): ThreadClock | undefined {
  const addon = loadClockAddon();
  if (kind === 'tsc') {
    return addon === undefined ? undefined : addonClock(kind, addon.tsc, addon.value);
  }
  return addon === undefined ? performanceClock() : addonClock(kind, addon.monotonic, addon.value);
}

function addonClock(kind: ClockKind, readClock: () => void, clockValue: Float64Array): ThreadClock {
  return {
    kind,
    statement: `readClock_${kind}();`,
    expression: `clockValue[0]`,
    constants: { [`readClock_${kind}`]: readClock, clockValue },
    read() {
      readClock();
      return clockValue[0] as number;
    },
  };
}

/** `performance.now()` is CLOCK_MONOTONIC from an origin of its own; it is the fastest clock without native code. */
function performanceClock(): ThreadClock {
  const origin = performanceOriginNs();
  return {
    kind: 'monotonic',
    statement: '',
    expression: `Math.round(now() * ${NANOSECONDS_PER_MILLISECOND}) + ${origin}`,
    constants: { now },
    read: () => Math.round(now() * NANOSECONDS_PER_MILLISECOND) + origin,
  };
}

/** CLOCK_MONOTONIC at the zero of `performance.now()`, to within the shortest of several brackets. */
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
