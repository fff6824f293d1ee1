/** A monotonic clock, passed in so that tests decide the time. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
}

/** A clock with timers. */
export interface Timers extends Clock {
  /** Calls back once, after the delay. */
  after(delayMs: number, run: () => void): Timer;
}

/** A timer that has been set. */
export interface Timer {
  cancel(): void;
}
