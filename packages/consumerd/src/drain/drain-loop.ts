import type { Timer, Timers } from '@ringtail/base';
import { UNSET_SWITCH_TIMER_US } from '@ringtail/protocol';
import type { ChannelTimers } from './channel-timers.ts';
import { RingPeriods } from './ring-periods.ts';

/** Result of draining a source once. */
export interface DrainResult {
  /** Packets written. */
  readonly packets: number;
  /** Whether the source may have more packets now. */
  readonly more: boolean;
}

/** Source as the loop drains it. */
export interface Drainable {
  /** Drains closed sub-buffers, up to a bounded number of bytes. */
  drainClosed(): DrainResult;
  /** Drains the open sub-buffer as well, unless a packet was written within the last `staleAfterMs` milliseconds. */
  drainStale(staleAfterMs?: number): DrainResult;
  /** Asks the producer to write to the wake FIFO when it closes a sub-buffer, or to stop that. */
  requestWake(on: boolean): void;
  /** Ends a period of watching the use of the source. */
  sampleUse(): void;
}

/** Time between two rounds while sources are busy. */
const ROUND_PERIOD_MS = 2;
/** A source without a packet for this number of rounds is put to sleep: its producer wakes the loop. */
export const QUIET_ROUNDS = 16;
/** Wakes that follow each other faster than this count as one. */
const WAKE_PERIOD_MS = 1;
/** Period in which open sub-buffers are drained, so that a reader of the trace sees fresh data. */
export const TICK_PERIOD_MS = UNSET_SWITCH_TIMER_US / 1000;

/**
 * Decides when each source is drained.
 *
 * A source is awake while it gives packets, and is then drained every round. After some rounds without a packet it is
 * put to sleep: its wake flag is set, and it is drained once more, since its producer may have closed a sub-buffer just
 * before it could see the flag. A sleeping source costs nothing until a producer writes to the wake FIFO. The FIFO does
 * not say which producer that was, so all sleeping sources are drained once. With all sources asleep only the tick
 * remains.
 *
 * Channels may have timers of their own. With a read timer, closed sub-buffers are drained by that timer, and the
 * producer is never asked for a wake. With a switch timer, open sub-buffers are drained by that timer, and not by the
 * tick.
 */
export class DrainLoop {
  readonly #awake = new Map<Drainable, number>();
  readonly #asleep = new Set<Drainable>();
  readonly #timers: Timers;
  /** Sources that are drained by the read timer of their channel. */
  readonly #polled = new Set<Drainable>();
  /** Sources whose open sub-buffers are drained by the switch timer of their channel. */
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
      // A former consumer may have put it to sleep.
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

  /** Called when a producer wrote to the wake FIFO. */
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
    // Draining may have found the source damaged and removed it.
    if (!this.#asleep.delete(ring)) return;
    ring.requestWake(false);
    this.#awake.set(ring, 0);
    this.#scheduleRound();
  }

  /** A source with more packets than its share is drained every round, until it has none. */
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
