import { requirePackage } from '@ringtail/posix';
import { settings } from '../host/inheritance.ts';

/** The optional clock addon, bound to this thread's memory. */
export interface ClockAddon {
  /** Puts CLOCK_MONOTONIC in nanoseconds into `value[0]`. */
  readonly monotonic: () => void;
  /** Puts the time stamp counter into `value[0]`. */
  readonly tsc: () => void;
  readonly value: Float64Array;
}

interface AddonExports {
  bind(memory: ArrayBuffer): void;
  monotonic(): void;
  tsc(): void;
}

let loaded: { addon: ClockAddon | undefined } | undefined;

/** The addon, or undefined where it was not built, is not for this platform, or `RINGTAIL_NO_CLOCK_ADDON` is set. */
export function loadClockAddon(): ClockAddon | undefined {
  loaded ??= { addon: load() };
  return loaded.addon;
}

function load(): ClockAddon | undefined {
  if (settings().RINGTAIL_NO_CLOCK_ADDON) return undefined;
  try {
    const exports = requirePackage(`@ringtail/tracer/clock-${process.platform}-${process.arch}`) as AddonExports;
    // A whole page: the addon keeps a raw pointer, and small buffers may live inside the moving heap.
    const memory = new ArrayBuffer(4096);
    exports.bind(memory);
    return { monotonic: exports.monotonic, tsc: exports.tsc, value: new Float64Array(memory) };
  } catch {
    return undefined;
  }
}
