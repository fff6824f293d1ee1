export interface TimerHandle {
  cancel(): void;
}

/** Clock and timers of the consumer, passed in so that tests decide what time it is. */
export interface LoopTimers {
  /** Monotonic milliseconds. */
  nowMs(): number;
  after(delayMs: number, run: () => void): TimerHandle;
}

export const systemTimers: LoopTimers = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
