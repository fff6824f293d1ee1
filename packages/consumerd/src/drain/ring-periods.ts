import type { Timer, Timers } from '@ringtail/base';

interface Group<Ring> {
  readonly rings: Set<Ring>;
  timer: Timer;
}

/** Sources that are visited periodically, each with its own period. Sources with the same period share a timer. */
export class RingPeriods<Ring> {
  readonly #timers: Timers;
  readonly #run: (ring: Ring) => void;
  readonly #groups = new Map<number, Group<Ring>>();

  constructor(timers: Timers, run: (ring: Ring) => void) {
    this.#timers = timers;
    this.#run = run;
  }

  add(ring: Ring, periodMs: number): void {
    const group = this.#groups.get(periodMs);
    if (group !== undefined) group.rings.add(ring);
    else this.#groups.set(periodMs, { rings: new Set([ring]), timer: this.#schedule(periodMs) });
  }

  remove(ring: Ring): void {
    for (const [periodMs, { rings, timer }] of this.#groups) {
      if (!rings.delete(ring) || rings.size > 0) continue;
      timer.cancel();
      this.#groups.delete(periodMs);
    }
  }

  stop(): void {
    for (const { timer } of this.#groups.values()) timer.cancel();
    this.#groups.clear();
  }

  #schedule(periodMs: number): Timer {
    return this.#timers.after(periodMs, () => {
      const group = this.#groups.get(periodMs);
      if (group === undefined) return;
      group.timer = this.#schedule(periodMs);
      for (const ring of [...group.rings]) if (group.rings.has(ring)) this.#run(ring);
    });
  }
}
