import type { Timer, Timers } from './timers.ts';

/** Timers whose time a test advances. */
export class FakeTimers implements Timers {
  /** Timers that have run. */
  ran = 0;
  #nowMs = 0;
  readonly #queue = new Set<{ readonly atMs: number; readonly run: () => void }>();

  /** Number of timers that wait. */
  get pending(): number {
    return this.#queue.size;
  }

  readonly nowMs = (): number => this.#nowMs;

  after(delayMs: number, run: () => void): Timer {
    const entry = { atMs: this.#nowMs + delayMs, run };
    this.#queue.add(entry);
    return { cancel: () => this.#queue.delete(entry) };
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#queue].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#queue.delete(next);
      this.#nowMs = next.atMs;
      this.ran += 1;
      next.run();
    }
    this.#nowMs = untilMs;
  }
}
