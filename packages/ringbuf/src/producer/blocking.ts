import { now } from '@ringtail/base/node';

/** How a producer waits for a free sub-buffer before it discards an event. Nothing here may throw. */
export interface BlockingOptions {
  /** Microseconds; null: for ever. */
  readonly timeoutUs: number | null;
  /** Asks the consumer to take what there is. */
  readonly wakeConsumer: () => void;
  /** Whether there is still somebody who may release a sub-buffer; otherwise there is no point in waiting. */
  readonly isConsumed: () => boolean;
}

const STEP_MS_MIN = 0.05;
const STEP_MS_MAX = 2;
/** How often a waiting producer wakes the consumer again and asks whether there is one. */
const LOOK_EVERY_MS = 100;

/** Nobody else has it, so that waiting on it is sleeping. Made when first needed: not every realm has shared memory. */
let cell: Int32Array | undefined;

/**
 * Puts the thread to sleep, in short steps, until `isFree` or the time is over. The event loop stands still meanwhile.
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
  let lookAt = start;
  let stepMs = STEP_MS_MIN;
  for (;;) {
    const time = now();
    if (time >= lookAt) {
      if (!isConsumed()) return isFree();
      wakeConsumer();
      lookAt = time + LOOK_EVERY_MS;
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
