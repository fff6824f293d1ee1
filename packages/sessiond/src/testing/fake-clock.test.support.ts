/** Time that passes when it is told to, and the timers in it. */
export class FakeClock {
  #ms = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  readonly nowMs = (): number => this.#ms;

  readonly schedule = (callback: () => void, delayMs: number): { cancel(): void } => {
    const timer = { atMs: this.#ms + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  };

  /** How many wait. */
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
      next.callback();
    }
    this.#ms = endMs;
  }
}
