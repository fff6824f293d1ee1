/**
 * Optional clock addon, Linux on x86-64. All state belongs to the JavaScript thread that loaded it; threads share
 * nothing. Loading it throws if it was not built or cannot run.
 */

/**
 * Has this thread's readings stored in `buffer`, as a float64 at offset 0. The buffer is kept alive until the thread
 * ends; do not detach it. With several `bind` calls (at most 16), each reading is stored in all buffers.
 *
 * @throws {Error} `BAD_MEMORY` if `buffer` is not an ArrayBuffer of at least 8 bytes; `TOO_MANY_BINDINGS`.
 */
export function bind(buffer: ArrayBuffer): void;

/**
 * Stores whole nanoseconds of CLOCK_MONOTONIC, within about 100 ns of it, never less than this thread's last reading.
 * Beyond 104 days of uptime a float64 is exact to 2 ns.
 */
export function monotonic(): void;

/**
 * Stores the processor's time stamp counter, in cycles, exact to 2 cycles beyond 2^53 cycles (about 40 days).
 * It is not ordered against other instructions, so it is exact to about ten nanoseconds.
 */
export function tsc(): void;

/**
 * Frequency of the time stamp counter in cycles a second, a whole number, measured against CLOCK_MONOTONIC since the
 * addon was loaded. Sleeps until that is 50 ms ago.
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

/** The method and the counts of this thread's `monotonic()`. */
export function info(): {
  /**
   * `interpolated` from the counter, `calibrating` (`clock_gettime` until the slope is known), or `clock_gettime` for
   * good.
   */
  method: 'interpolated' | 'calibrating' | 'clock_gettime';
  kernelUsesTsc: boolean;
  /** Whether `tscFrequency` and `tscPair` work. */
  tscUsable: boolean;
  synchronisations: number;
  /**
   * Synchronisations that found the readings more than 1 µs off; after 8 of them the method is `clock_gettime` for
   * good.
   */
  discrepancies: number;
};
