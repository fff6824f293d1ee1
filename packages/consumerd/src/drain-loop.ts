import type { LoopTimers, TimerHandle } from './loop-timers.ts';

/** What one look at a ring brought. */
export interface DrainResult {
  /** Packets written. */
  readonly packets: number;
  /** Whether the byte budget ended the look while the ring had more. */
  readonly more: boolean;
}

/** A ring as the loop sees it. */
export interface DrainableRing {
  /** Takes what is closed, up to a bounded number of bytes. */
  drainClosed(): DrainResult;
  /** Takes the committed part of the open sub-buffer too, unless a packet came lately anyway. */
  drainStale(): DrainResult;
  /** Asks the producer to write to the wake FIFO when it closes a sub-buffer, or to stop that. */
  requestWake(on: boolean): void;
}

/** Time between two rounds while rings are busy. */
const ROUND_PERIOD_MS = 2;
/** A ring that gave nothing for so many rounds is put to sleep: its producer wakes the loop. */
export const QUIET_ROUNDS = 16;
/** Wakes that come faster than this are one. */
const WAKE_PERIOD_MS = 1;
/** Every so often the open sub-buffers are taken, so that a reader of the trace sees fresh data. */
export const TICK_PERIOD_MS = 1000;

/**
 * Decides when which ring is looked at.
 *
 * A ring is awake while it gives packets, and is then looked at every round. After some rounds without any it is put to
 * sleep: its wake flag is set, and it is looked at once more, since its producer may have closed a sub-buffer just before
 * it could see the flag. A sleeping ring costs nothing until somebody writes to the wake FIFO, which cannot say for which
 * ring: then all that sleep are looked at once. With all rings asleep only the tick remains.
 */
export class DrainLoop {
  readonly #awake = new Map<DrainableRing, number>();
  readonly #asleep = new Set<DrainableRing>();
  readonly #timers: LoopTimers;
  #round: TimerHandle | undefined;
  #wake: TimerHandle | undefined;
  #tick: TimerHandle | undefined;
  #lastWakeAtMs = Number.NEGATIVE_INFINITY;

  constructor(timers: LoopTimers) {
    this.#timers = timers;
  }

  /** Starts ticking. */
  start(): void {
    this.#tick = this.#timers.after(TICK_PERIOD_MS, () => this.#runTick());
  }

  stop(): void {
    for (const timer of [this.#round, this.#wake, this.#tick]) timer?.cancel();
    this.#round = this.#wake = this.#tick = undefined;
  }

  add(ring: DrainableRing): void {
    this.#awake.set(ring, 0);
    this.#scheduleRound();
  }

  remove(ring: DrainableRing): void {
    this.#awake.delete(ring);
    this.#asleep.delete(ring);
  }

  /** Somebody wrote to the wake FIFO. */
  wake(): void {
    if (this.#wake !== undefined || this.#asleep.size === 0) return;
    const waitMs = Math.max(0, this.#lastWakeAtMs + WAKE_PERIOD_MS - this.#timers.nowMs());
    this.#wake = this.#timers.after(waitMs, () => {
      this.#wake = undefined;
      this.#lastWakeAtMs = this.#timers.nowMs();
      for (const ring of [...this.#asleep]) {
        if (gaveAnything(ring.drainClosed())) this.#rouse(ring);
      }
    });
  }

  #scheduleRound(): void {
    if (this.#round !== undefined || this.#awake.size === 0) return;
    this.#round = this.#timers.after(ROUND_PERIOD_MS, () => {
      this.#round = undefined;
      this.#runRound();
      this.#scheduleRound();
    });
  }

  #runRound(): void {
    for (const [ring, quietRounds] of [...this.#awake]) {
      if (!this.#awake.has(ring)) continue;
      if (gaveAnything(ring.drainClosed())) this.#awake.set(ring, 0);
      else if (quietRounds + 1 < QUIET_ROUNDS) this.#awake.set(ring, quietRounds + 1);
      else this.#putToSleep(ring);
    }
  }

  #putToSleep(ring: DrainableRing): void {
    this.#awake.delete(ring);
    this.#asleep.add(ring);
    ring.requestWake(true);
    if (this.#asleep.has(ring) && gaveAnything(ring.drainClosed())) this.#rouse(ring);
  }

  #rouse(ring: DrainableRing): void {
    // Draining may have found the ring damaged and removed it.
    if (!this.#asleep.delete(ring)) return;
    ring.requestWake(false);
    this.#awake.set(ring, 0);
    this.#scheduleRound();
  }

  #runTick(): void {
    for (const ring of [...this.#awake.keys(), ...this.#asleep]) ring.drainStale();
    this.#tick = this.#timers.after(TICK_PERIOD_MS, () => this.#runTick());
  }
}

function gaveAnything(result: DrainResult): boolean {
  return result.packets > 0 || result.more;
}
