import type { Timer, Timers } from '@ringtail/base';

/** A clock that a test advances, with the timers that fall into that time. */
export class FakeClock implements Timers {
  #ms = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  readonly nowMs = (): number => this.#ms;

  after(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#ms + delayMs, run };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Number of timers that wait. */
  get timers(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const endMs = this.#ms + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#ms = next.atMs;
      this.#timers.delete(next);
      next.run();
    }
    this.#ms = endMs;
  }
}
