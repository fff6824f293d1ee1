import { describeError } from '@ringtail/base';
import { type ChannelUse, NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import type { Log } from '../log.ts';
import type { Session } from '../session.ts';
import { SAMPLE_TIMEOUT_MS } from './limits.ts';
import type { ChannelSample, Sample, SessionSample } from './sample.ts';

export interface SamplerOptions {
  readonly sessions: () => readonly Session[];
  /** Of all data stream files of a session, by the consumer's count. */
  readonly statistics: (session: Session) => Promise<SessionStatistics>;
  readonly channelUse: (channels: readonly number[]) => Promise<readonly ChannelUse[]>;
  readonly snapshotsOf: (session: Session) => number;
  readonly daemon: () => Omit<Sample, 'sessions'>;
  readonly timeoutMs?: number;
  readonly log: Log;
}

interface Counts {
  readonly statistics: SessionStatistics;
  readonly channels: readonly ChannelSample[];
}

/**
 * Reads the state of the daemon when somebody wants to know it: nothing is counted for the sake of metrics.
 *
 * What only the consumer knows is asked of it once at a time, however many ask us, and nobody waits for it longer than that.
 */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #counts = new WeakMap<Session, Counts>();
  #asking: Promise<boolean> | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** `fresh`: whether the consumer has answered; the counts of sessions are older ones otherwise. */
  async sample(): Promise<Sample & { readonly fresh: boolean }> {
    this.#asking ??= this.#askConsumer().finally(() => {
      this.#asking = undefined;
    });
    const fresh = await within(this.#options.timeoutMs ?? SAMPLE_TIMEOUT_MS, this.#asking);
    const { sessions, daemon } = this.#options;
    return { ...daemon(), sessions: sessions().map((session) => this.#describe(session)), fresh };
  }

  #describe(session: Session): SessionSample {
    const counts = this.#counts.get(session) ?? { statistics: NO_STATISTICS, channels: [] };
    const { name, active, snapshot, archive } = session;
    return {
      name,
      active,
      snapshot,
      rotations: archive.rotations,
      snapshots: this.#options.snapshotsOf(session),
      ...counts,
    };
  }

  /** Whether it answered everything. */
  async #askConsumer(): Promise<boolean> {
    const asked = this.#options.sessions().map(async (session) => {
      const statistics = await this.#options.statistics(session);
      this.#counts.set(session, { statistics, channels: this.#counts.get(session)?.channels ?? [] });
      this.#counts.set(session, { statistics, channels: await this.#channelsOf(session) });
    });
    const answers = await Promise.allSettled(asked);
    const failures = answers.filter((answer) => answer.status === 'rejected');
    for (const { reason } of failures) this.#options.log.debug(`metrics: ${describeError(reason)}`);
    return failures.length === 0;
  }

  /** A channel has rings in several traces; the fullest of all is told. */
  async #channelsOf(session: Session): Promise<ChannelSample[]> {
    const channels = [...session.traces.values()].flatMap((trace) => [...trace.channels.values()]);
    if (channels.length === 0) return [];
    const names = new Map(channels.map(({ key, channel }) => [key, channel.attributes.name]));
    const fullest = new Map<string, ChannelSample>();
    for (const { channel, usedBytes, ringBytes } of await this.#options.channelUse([...names.keys()])) {
      const name = names.get(channel);
      if (name === undefined) continue;
      const before = fullest.get(name);
      if (before === undefined || usedBytes > before.usedBytes) fullest.set(name, { name, usedBytes, ringBytes });
    }
    return [...fullest.values()];
  }
}

/** The answer; false if it takes longer than that. */
async function within(limitMs: number, promise: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
