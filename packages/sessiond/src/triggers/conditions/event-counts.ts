import type { Timers } from '@ringtail/base';
import { Ticker } from '../../clock/ticker.ts';
import type { Owner } from '../../model/owner.ts';
import type { ConditionSource, Occurred, WatchedTrigger } from './condition-source.ts';

export interface EventCountsOptions {
  /** Number of registered threads that this user may see. */
  readonly threadsOf: (user: Owner) => number;
  readonly timers: Timers;
}

const SAMPLE_PERIOD_MS = 100;
const RATE_PERIOD_MS = 1000;
/** Timers are late: two samples a little less than a second apart count as one second apart. */
const SLACK_MS = SAMPLE_PERIOD_MS / 2;

/** Detects that something becomes true. */
class Edge {
  #was = false;

  /** Whether it was false, and now is true. */
  rises(is: boolean): boolean {
    const rises = is && !this.#was;
    this.#was = is;
    return rises;
  }
}

/** Reads the counters of events, ten times a second while a trigger needs it. */
export class EventCounts {
  readonly #options: EventCountsOptions;
  readonly #ticker: Ticker;
  readonly #samplers = new Set<(now: number) => void>();
  /** By user, in this sample. */
  readonly #threads = new Map<number, number>();

  constructor(options: EventCountsOptions) {
    this.#options = options;
    this.#ticker = new Ticker(options.timers, () => {
      const now = options.timers.nowMs();
      this.#threads.clear();
      for (const sample of [...this.#samplers]) sample(now);
    });
  }

  /**
   * `event-rate-above`: over a sliding second. In the first second after the start, the events so far count as a whole
   * second's, so that a burst is noticed at once.
   */
  readonly rateAbove: ConditionSource<'event-rate-above'> = {
    start: (trigger, occurred) => {
      const edge = new Edge();
      const samples = [{ atMs: this.#options.timers.nowMs(), total: trigger.countedEvents() }];
      return this.#watch((now) => {
        const total = trigger.countedEvents();
        samples.push({ atMs: now, total });
        // The first sample is the newest one that is a second old.
        while (samples.length > 2 && now - samples[1]!.atMs >= RATE_PERIOD_MS - SLACK_MS) samples.shift();
        const first = samples[0]!;
        const seconds = Math.max(RATE_PERIOD_MS, now - first.atMs) / 1000;
        const rate = Math.max(0, total - first.total) / seconds;
        if (edge.rises(rate > trigger.condition.perSecond)) occurred(1, undefined, { perSecond: Math.round(rate) });
      });
    },
  };

  /** `no-event-for`: measured from the last event, from the start, or from the return of an application. */
  readonly noEventFor: ConditionSource<'no-event-for'> = {
    start: (trigger, occurred) => this.#watch(this.#silenceOf(trigger, occurred)),
  };

  #silenceOf(trigger: WatchedTrigger<'no-event-for'>, occurred: Occurred): (now: number) => void {
    const edge = new Edge();
    const periodMs = trigger.condition.periodUs / 1000;
    let total = trigger.countedEvents();
    let sinceMs = this.#options.timers.nowMs();
    return (now) => {
      const before = total;
      total = trigger.countedEvents();
      if (total !== before || this.#threadsOf(trigger.owner) === 0) sinceMs = now;
      const silentMs = now - sinceMs;
      if (edge.rises(silentMs >= periodMs)) occurred(1, undefined, { silentMs: Math.round(silentMs) });
    };
  }

  #threadsOf(user: Owner): number {
    const known = this.#threads.get(user.uid);
    if (known !== undefined) return known;
    const threads = this.#options.threadsOf(user);
    this.#threads.set(user.uid, threads);
    return threads;
  }

  #watch(sample: (now: number) => void): () => void {
    this.#samplers.add(sample);
    this.#ticker.every(SAMPLE_PERIOD_MS);
    return () => {
      this.#samplers.delete(sample);
      if (this.#samplers.size === 0) this.#ticker.every(undefined);
    };
  }
}
