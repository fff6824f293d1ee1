import { describeError, type Timer, type Timers } from '@ringtail/base';
import type { ChannelUse } from '@ringtail/protocol';
import type { Log } from '../../log/log.ts';
import type { Owner } from '../../model/session.ts';
import type { ConditionSource, Occurred, WatchedTrigger } from './condition-source.ts';

/** A channel as the consumer knows it. */
export interface MonitoredChannel {
  /** Of its session. */
  readonly owner: Owner;
  /** One for each trace. */
  readonly keys: readonly number[];
  /** 0: it is not sampled. */
  readonly monitorTimerUs: number;
}

export interface ChannelUsageOptions {
  /** The channel of a session, if there is one now that this user may see. */
  readonly channelOf: (session: string, channel: string, user: Owner) => MonitoredChannel | undefined;
  readonly useOf: (channel: MonitoredChannel) => Promise<readonly ChannelUse[]>;
  readonly timers: Pick<Timers, 'after'>;
  readonly log: Log;
}

/** When to look again for a channel that is not there, or is not sampled. */
const ABSENT_PERIOD_MS = 1000;
const SAMPLE_PERIOD_MS_MIN = 10;
const SAMPLE_PERIOD_MS_MAX = 2 ** 31 - 1;

interface Watch {
  readonly trigger: WatchedTrigger<'channel-buffer-usage'>;
  readonly occurred: Occurred;
  /** Whether it held at the last sample. */
  held: boolean;
}

interface Sampling {
  readonly watches: Set<Watch>;
  timer: Timer | undefined;
}

/**
 * `channel-buffer-usage`: of the fullest ring of a channel, over all its traces, each time that the channel's monitor timer says.
 *
 * At least so full it is if it was at any time since the sample before; at most so full, if it is now. What is committed counts, whether or
 * not its sub-buffer is closed. Neither holds of a flight recorder, or before the session has a trace.
 */
export class ChannelUsage implements ConditionSource<'channel-buffer-usage'> {
  readonly #options: ChannelUsageOptions;
  /** By user, session and channel. */
  readonly #samplings = new Map<string, Sampling>();

  constructor(options: ChannelUsageOptions) {
    this.#options = options;
  }

  start(trigger: WatchedTrigger<'channel-buffer-usage'>, occurred: Occurred): () => void {
    const { owner, condition } = trigger;
    const key = JSON.stringify([owner.uid, condition.session, condition.channel]);
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

  /** The next sample is taken when there is an answer to this one. */
  async #sample(sampling: Sampling, trigger: Watch['trigger']): Promise<void> {
    const channel = this.#channelOf(trigger);
    const sampled = channel !== undefined && channel.monitorTimerUs > 0 && channel.keys.length > 0;
    try {
      const uses = sampled ? await this.#options.useOf(channel) : [];
      for (const watch of [...sampling.watches]) judge(watch, uses);
    } catch (error) {
      const { session, channel: name } = trigger.condition;
      this.#options.log.debug(`session ${session}: the use of channel ${name} is not known: ${describeError(error)}`);
    }
    if (sampling.watches.size > 0) this.#later(sampling, trigger, this.#periodMs(channel));
  }

  #channelOf({ owner, condition }: Watch['trigger']): MonitoredChannel | undefined {
    return this.#options.channelOf(condition.session, condition.channel, owner);
  }

  #periodMs(channel: MonitoredChannel | undefined): number {
    if (channel === undefined || channel.monitorTimerUs === 0) return ABSENT_PERIOD_MS;
    return Math.min(SAMPLE_PERIOD_MS_MAX, Math.max(SAMPLE_PERIOD_MS_MIN, channel.monitorTimerUs / 1000));
  }
}

function judge(watch: Watch, uses: readonly ChannelUse[]): void {
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
