import { describeError, within } from '@ringtail/base';
import { NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import type { NamedChannelUse } from '../domains/domain.ts';
import type { Log } from '../log/log.ts';
import type { Session } from '../model/session.ts';
import { SAMPLE_TIMEOUT_MS } from './limits.ts';
import type { ChannelSample, Sample, SessionSample } from './sample.ts';

export interface SamplerOptions {
  readonly sessions: () => readonly Session[];
  /** Of all data stream files of a session, by the consumer's count. */
  readonly statistics: (session: Session) => Promise<SessionStatistics>;
  /** Use of the rings of all channels. */
  readonly channelUse: (session: Session) => Promise<readonly NamedChannelUse[]>;
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
 * Reads the state of the daemon at a scrape: nothing is counted for metrics alone.
 *
 * Consumers get one request for each session at a time, however many scrapes wait, and a scrape waits for a bounded
 * time.
 */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #counts = new WeakMap<Session, Counts>();
  /** Open requests to consumers, by session. */
  readonly #asking = new Map<Session, Promise<boolean>>();

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** `fresh`: whether all consumers have answered; otherwise some counts are older. */
  async sample(): Promise<Sample & { readonly fresh: boolean }> {
    const { sessions, daemon } = this.#options;
    const answers = Promise.all(sessions().map((session) => this.#ask(session)));
    const all = await within(this.#options.timeoutMs ?? SAMPLE_TIMEOUT_MS, answers);
    const fresh = all?.every((isAnswered) => isAnswered) ?? false;
    return { ...daemon(), sessions: sessions().map((session) => this.#describe(session)), fresh };
  }

  #describe(session: Session): SessionSample {
    const counts = this.#counts.get(session) ?? { statistics: NO_STATISTICS, channels: [] };
    const { name, active, snapshot, archive, troubles } = session;
    return {
      name,
      active,
      snapshot,
      rotations: archive.rotations,
      archivesRemoved: archive.removed,
      snapshots: this.#options.snapshotsOf(session),
      programsLeftOut: troubles.programsLeftOut,
      ...counts,
    };
  }

  /** A session whose request is open is not asked again. @returns whether the consumer answered */
  #ask(session: Session): Promise<boolean> {
    const known = this.#asking.get(session);
    if (known !== undefined) return known;
    const answer = this.#askConsumer(session)
      .then(
        () => true,
        (error: unknown) => {
          this.#options.log.debug(`metrics: ${describeError(error)}`);
          return false;
        },
      )
      .finally(() => this.#asking.delete(session));
    this.#asking.set(session, answer);
    return answer;
  }

  async #askConsumer(session: Session): Promise<void> {
    const statistics = await this.#options.statistics(session);
    this.#counts.set(session, { statistics, channels: this.#counts.get(session)?.channels ?? [] });
    this.#counts.set(session, { statistics, channels: await this.#channelsOf(session) });
  }

  /** A channel has rings in several traces: the fullest one counts. */
  async #channelsOf(session: Session): Promise<ChannelSample[]> {
    const fullest = new Map<string, ChannelSample>();
    for (const { channel: name, usedBytes, ringBytes } of await this.#options.channelUse(session)) {
      const before = fullest.get(name);
      if (before === undefined || usedBytes > before.usedBytes) fullest.set(name, { name, usedBytes, ringBytes });
    }
    return [...fullest.values()];
  }
}
