import { describeError, type Timer, type Timers } from '@ringtail/base';
import type { ChannelUse } from '@ringtail/protocol';
import type { Log } from '../../log/log.ts';
import type { Owner } from '../../model/owner.ts';
import type { ConditionOf, ConditionSource, Occurred, WatchedTrigger } from './condition-source.ts';

export type RingUse = Omit<ChannelUse, 'channel'>;

/** A channel of a session. */
export interface MonitoredChannel {
  /** 0: it is not sampled. */
  readonly monitorTimerUs: number;
  /** Use of its fullest ring in each trace; none before the first trace. */
  use(): Promise<readonly RingUse[]>;
}

export interface ChannelUsageOptions {
  /** The channel of a condition; undefined if it does not exist now, or this user may not see it. */
  readonly channelOf: (condition: ConditionOf<'channel-buffer-usage'>, user: Owner) => MonitoredChannel | undefined;
  readonly timers: Pick<Timers, 'after'>;
  readonly log: Log;
}

/** Period between checks for a channel that does not exist, or is not sampled. */
const ABSENT_PERIOD_MS = 1000;
const SAMPLE_PERIOD_MS_MIN = 10;
const SAMPLE_PERIOD_MS_MAX = 2 ** 31 - 1;

interface Watch {
  readonly trigger: WatchedTrigger<'channel-buffer-usage'>;
  readonly occurred: Occurred;
  /** Whether the condition held at the last sample. */
  held: boolean;
}

interface Sampling {
  readonly watches: Set<Watch>;
  timer: Timer | undefined;
}

/**
 * `channel-buffer-usage`: samples the fullest ring of a channel, over all its traces, at the period of the channel's
 * monitor timer.
 *
 * `at-least` holds if peak ≥ threshold since the last sample; `at-most` holds if current use ≤ threshold. Committed
 * records count, even if their sub-buffer is still open. Neither holds for a flight recorder, or before the session
 * has a trace.
 */
export class ChannelUsage implements ConditionSource<'channel-buffer-usage'> {
  readonly #options: ChannelUsageOptions;
  /** By user, session, domain and channel. */
  readonly #samplings = new Map<string, Sampling>();

  constructor(options: ChannelUsageOptions) {
    this.#options = options;
  }

  start(trigger: WatchedTrigger<'channel-buffer-usage'>, occurred: Occurred): () => void {
    const { owner, condition } = trigger;
    const key = JSON.stringify([owner.uid, condition.session, condition.domain, condition.channel]);
    const watch: Watch = { trigger, occurred, held: false };
    const known = this.#samplings.get(key);
    const sampling: Sampling = known ?? { watches: new Set(), timer: undefined };
    sampling.watches.add(watch);
    if (known === undefined) {
      this.#samplings.set(key, sampling);
      this.#later(sampling, trigger, this.#periodMs(this.#channelOf(trigger)));
    }
    return () => {
      sampling.watches.delete(watch);
      if (sampling.watches.size > 0) return;
      sampling.timer?.cancel();
      if (this.#samplings.get(key) === sampling) this.#samplings.delete(key);
    };
  }

  #later(sampling: Sampling, trigger: Watch['trigger'], delayMs: number): void {
    sampling.timer = this.#options.timers.after(delayMs, () => void this.#sample(sampling, trigger));
  }

  /** Schedules the next sample once the consumer has answered. */
  async #sample(sampling: Sampling, trigger: Watch['trigger']): Promise<void> {
    const channel = this.#channelOf(trigger);
    const sampled = channel !== undefined && channel.monitorTimerUs > 0;
    try {
      const uses = sampled ? await channel.use() : [];
      for (const watch of [...sampling.watches]) judge(watch, uses);
    } catch (error) {
      const { session, channel: name } = trigger.condition;
      this.#options.log.debug(`session ${session}: the use of channel ${name} is not known: ${describeError(error)}`);
    }
    if (sampling.watches.size > 0) this.#later(sampling, trigger, this.#periodMs(channel));
  }

  #channelOf({ owner, condition }: Watch['trigger']): MonitoredChannel | undefined {
    return this.#options.channelOf(condition, owner);
  }

  #periodMs(channel: MonitoredChannel | undefined): number {
    if (channel === undefined || channel.monitorTimerUs === 0) return ABSENT_PERIOD_MS;
    return Math.min(SAMPLE_PERIOD_MS_MAX, Math.max(SAMPLE_PERIOD_MS_MIN, channel.monitorTimerUs / 1000));
  }
}

function judge(watch: Watch, uses: readonly RingUse[]): void {
  const { comparison, threshold } = watch.trigger.condition;
  const measured = uses
    .filter(({ ringBytes }) => ringBytes > 0)
    .map((use) => ({ bytes: comparison === 'at-least' ? use.highestBytes : use.usedBytes, ringBytes: use.ringBytes }));
  const [first, ...rest] = measured;
  if (first === undefined) {
    watch.held = false;
    return;
  }
  const fullest = rest.reduce((most, use) => (use.bytes > most.bytes ? use : most), first);
  const limitBytes = 'bytes' in threshold ? threshold.bytes : threshold.ratio * fullest.ringBytes;
  const holds = comparison === 'at-least' ? fullest.bytes >= limitBytes : fullest.bytes <= limitBytes;
  const begins = holds && !watch.held;
  watch.held = holds;
  if (begins) watch.occurred(1, undefined, { usedBytes: fullest.bytes, ringBytes: fullest.ringBytes });
}
