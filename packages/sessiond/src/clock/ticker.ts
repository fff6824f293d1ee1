import type { Timer, Timers } from '@ringtail/base';

/** Calls back periodically while a period is set. */
export class Ticker {
  readonly #timers: Pick<Timers, 'after'>;
  readonly #tick: () => void;
  #periodMs = 0;
  #timer: Timer | undefined;

  constructor(timers: Pick<Timers, 'after'>, tick: () => void) {
    this.#timers = timers;
    this.#tick = tick;
  }

  /** Sets the period; undefined ends the ticks. */
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
    const timer = this.#timers.after(this.#periodMs, () => {
      this.#tick();
      if (this.#timer === timer) this.#again();
    });
    this.#timer = timer;
  }
}
