import type { Timer, Timers } from '@ringtail/base';
import type { ChannelTimers } from './channel-timers.ts';
import { RingPeriods } from './ring-periods.ts';

/** What one look at a ring brought. */
export interface DrainResult {
  /** Packets written. */
  readonly packets: number;
  /** Whether the byte budget ended the look while the ring had more. */
  readonly more: boolean;
}

/** A ring as the loop sees it. */
export interface Drainable {
  /** Takes what is closed, up to a bounded number of bytes. */
  drainClosed(): DrainResult;
  /** Takes the committed part of the open sub-buffer too, unless a packet came lately anyway: within so many milliseconds. */
  drainStale(staleAfterMs?: number): DrainResult;
  /** Asks the producer to write to the wake FIFO when it closes a sub-buffer, or to stop that. */
  requestWake(on: boolean): void;
  /** Ends a period in which the use of the ring was watched. */
  sampleUse(): void;
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
 *
 * Rings of channels with timers of their own are looked at by these, be it for closed sub-buffers (then the producer is never
 * asked for a wake) or for open ones (then the tick leaves them out).
 */
export class DrainLoop {
  readonly #awake = new Map<Drainable, number>();
  readonly #asleep = new Set<Drainable>();
  readonly #timers: Timers;
  /** Rings that are looked at by the read timer of their channel. */
  readonly #polled = new Set<Drainable>();
  /** Rings whose open sub-buffers are taken by the switch timer of their channel. */
  readonly #switched = new Set<Drainable>();
  readonly #reads: RingPeriods<Drainable>;
  readonly #switches: RingPeriods<Drainable>;
  readonly #samples: RingPeriods<Drainable>;
  #round: Timer | undefined;
  #wake: Timer | undefined;
  #tick: Timer | undefined;
  #lastWakeAtMs = Number.NEGATIVE_INFINITY;

  constructor(timers: Timers) {
    this.#timers = timers;
    this.#reads = new RingPeriods(timers, (ring) => this.#poll(ring));
    this.#switches = new RingPeriods(timers, (ring) => ring.drainStale(0));
    this.#samples = new RingPeriods(timers, (ring) => ring.sampleUse());
  }

  /** Starts ticking. */
  start(): void {
    this.#tick = this.#timers.after(TICK_PERIOD_MS, () => this.#runTick());
  }

  stop(): void {
    for (const timer of [this.#round, this.#wake, this.#tick]) timer?.cancel();
    this.#round = this.#wake = this.#tick = undefined;
    for (const periods of [this.#reads, this.#switches, this.#samples]) periods.stop();
  }

  add(ring: Drainable, { readPeriodMs, switchPeriodMs, monitorPeriodMs }: ChannelTimers = {}): void {
    if (monitorPeriodMs !== undefined) this.#samples.add(ring, monitorPeriodMs);
    if (switchPeriodMs !== undefined) {
      this.#switched.add(ring);
      this.#switches.add(ring, switchPeriodMs);
    }
    if (readPeriodMs !== undefined) {
      this.#polled.add(ring);
      this.#reads.add(ring, readPeriodMs);
      // A former consumer may have gone to sleep over it.
      ring.requestWake(false);
      return;
    }
    this.#awake.set(ring, 0);
    this.#scheduleRound();
  }

  remove(ring: Drainable): void {
    for (const rings of [this.#awake, this.#asleep, this.#polled, this.#switched]) rings.delete(ring);
    for (const periods of [this.#reads, this.#switches, this.#samples]) periods.remove(ring);
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
      else if (this.#polled.has(ring)) this.#awake.delete(ring);
      else if (quietRounds + 1 < QUIET_ROUNDS) this.#awake.set(ring, quietRounds + 1);
      else this.#putToSleep(ring);
    }
  }

  #putToSleep(ring: Drainable): void {
    this.#awake.delete(ring);
    this.#asleep.add(ring);
    ring.requestWake(true);
    if (this.#asleep.has(ring) && gaveAnything(ring.drainClosed())) this.#rouse(ring);
  }

  #rouse(ring: Drainable): void {
    // Draining may have found the ring damaged and removed it.
    if (!this.#asleep.delete(ring)) return;
    ring.requestWake(false);
    this.#awake.set(ring, 0);
    this.#scheduleRound();
  }

  /** A ring that has more than its share is looked at every round, until it has nothing. */
  #poll(ring: Drainable): void {
    if (!ring.drainClosed().more || !this.#polled.has(ring)) return;
    this.#awake.set(ring, 0);
    this.#scheduleRound();
  }

  #runTick(): void {
    for (const ring of new Set([...this.#awake.keys(), ...this.#asleep, ...this.#polled])) {
      if (!this.#switched.has(ring)) ring.drainStale();
    }
    this.#tick = this.#timers.after(TICK_PERIOD_MS, () => this.#runTick());
  }
}

function gaveAnything(result: DrainResult): boolean {
  return result.packets > 0 || result.more;
}
