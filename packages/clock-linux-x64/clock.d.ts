/**
 * Optional clock addon, Linux on x86-64. All state belongs to the JavaScript thread that loaded it; threads share nothing.
 * Loading it throws where it was not built or cannot run: do without it then.
 */

/**
 * Gives this thread's readings memory to go to: a float64 at offset 0 of `buffer`, which is kept alive until the thread
 * ends. Do not detach it. Memories of several `bind` calls (at most 16) are all written.
 *
 * @throws {Error} `BAD_MEMORY` for anything but an ArrayBuffer of at least 8 bytes; `TOO_MANY_BINDINGS`.
 */
export function bind(buffer: ArrayBuffer): void;

/**
 * Stores whole nanoseconds of CLOCK_MONOTONIC, within about 100 ns of it, never less than this thread's last reading.
 * Beyond 104 days of uptime a float64 holds them to 2 ns.
 */
export function monotonic(): void;

/**
 * Stores the processor's time stamp counter, in cycles; beyond 2^53 cycles (about 40 days) to 2 cycles.
 * Not ordered against other instructions, hence exact to some ten nanoseconds.
 */
export function tsc(): void;

/**
 * Cycles a second of the time stamp counter, a whole number, measured against CLOCK_MONOTONIC since the addon was loaded;
 * sleeps until that was 50 ms ago.
 *
 * @throws {Error} `TSC_UNSUPPORTED` unless the counter is invariant and an available clock source of the kernel.
 */
export function tscFrequency(): number;

/**
 * The counter and CLOCK_MONOTONIC (nanoseconds) at one moment, to within half of `bracketCycles`.
 *
 * @throws {Error} `TSC_UNSUPPORTED` as `tscFrequency`.
 */
export function tscPair(): { tsc: bigint; monotonicNs: bigint; bracketCycles: bigint };

/** How this thread's `monotonic()` works at the moment, and what it has seen. */
export function info(): {
  /** `interpolated` from the counter, `calibrating` (asks until the slope is known), or `clock_gettime` each time. */
  method: 'interpolated' | 'calibrating' | 'clock_gettime';
  kernelUsesTsc: boolean;
  /** Whether `tscFrequency` and `tscPair` answer. */
  tscUsable: boolean;
  synchronisations: number;
  /** Synchronisations that found the readings more than 1 µs off; after 8 of them `clock_gettime` is asked for good. */
  discrepancies: number;
};
