import { now } from '@ringtail/base/node';

/** Options for a producer that waits for a free sub-buffer before it discards an event. Nothing here may throw. */
export interface BlockingOptions {
  /** Microseconds; null: for ever. */
  readonly timeoutUs: number | null;
  /** Asks the consumer to drain the ring. */
  readonly wakeConsumer: () => void;
  /** Whether a consumer may still release a sub-buffer; otherwise waiting is pointless. */
  readonly isConsumed: () => boolean;
}

const STEP_MS_MIN = 0.05;
const STEP_MS_MAX = 2;
/** Period in which a waiting producer wakes the consumer again and checks `isConsumed`. */
const CHECK_PERIOD_MS = 100;

/**
 * Only this module has it, so that waiting on it is sleeping. Made when first needed: not every realm has shared
 * memory.
 */
let cell: Int32Array | undefined;

/**
 * Puts the thread to sleep, in short steps, until `isFree` returns true or the time is over. The event loop is blocked.
 *
 * @returns whether it is free
 */
export function waitUntilFree(
  isFree: () => boolean,
  { timeoutUs, wakeConsumer, isConsumed }: BlockingOptions,
): boolean {
  if (timeoutUs === 0) return false;
  const start = now();
  const deadline = timeoutUs === null ? Number.POSITIVE_INFINITY : start + timeoutUs / 1000;
  let checkAt = start;
  let stepMs = STEP_MS_MIN;
  for (;;) {
    const time = now();
    if (time >= checkAt) {
      if (!isConsumed()) return isFree();
      wakeConsumer();
      checkAt = time + CHECK_PERIOD_MS;
    }
    if (isFree()) return true;
    if (time >= deadline || !sleep(Math.min(stepMs, deadline - time))) return false;
    stepMs = Math.min(stepMs * 2, STEP_MS_MAX);
  }
}

/** False where the runtime does not let this thread sleep. */
function sleep(ms: number): boolean {
  try {
    cell ??= new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(cell, 0, 0, ms);
    return true;
  } catch {
    return false;
  }
}
