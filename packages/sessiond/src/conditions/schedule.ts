/** Calls back once, after a while; the daemon's end cancels nothing by itself. */
export type Schedule = (callback: () => void, delayMs: number) => { cancel(): void };

/** By Node.js's timers. */
export const scheduleTimer: Schedule = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return { cancel: () => clearTimeout(timer) };
};

/** Calls back again and again while somebody wants it. */
export class Ticker {
  readonly #schedule: Schedule;
  readonly #tick: () => void;
  #periodMs = 0;
  #timer: { cancel(): void } | undefined;

  constructor(schedule: Schedule, tick: () => void) {
    this.#schedule = schedule;
    this.#tick = tick;
  }

  /** Ticks this often from now on; undefined: not any more. */
  every(periodMs: number | undefined): void {
    if (periodMs === undefined) {
      this.#timer?.cancel();
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined && periodMs === this.#periodMs) return;
    this.#timer?.cancel();
    this.#periodMs = periodMs;
    this.#again();
  }

  #again(): void {
    const timer = this.#schedule(() => {
      this.#tick();
      if (this.#timer === timer) this.#again();
    }, this.#periodMs);
    this.#timer = timer;
  }
}
