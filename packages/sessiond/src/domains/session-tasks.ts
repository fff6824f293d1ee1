import type { SessionStatistics } from '@ringtail/protocol';
import type { Session } from '../model/session.ts';
import { withTroubles } from '../model/statistics.ts';
import type { SessionTask } from './domain.ts';
import type { Domains } from './domains.ts';

/** Carries out tasks in all domains of a session. */
export class SessionTasks {
  readonly #domains: Domains;

  constructor(domains: Domains) {
    this.#domains = domains;
  }

  /** @returns the sums over all domains, with all troubles of the session */
  async perform(session: Session, task: SessionTask): Promise<SessionStatistics> {
    return withTroubles(await this.#domains.perform(session, task), session.troubles);
  }

  async statistics(
    session: Session,
    type: 'flush' | 'statistics' | 'close-session' = 'statistics',
  ): Promise<SessionStatistics> {
    return await this.perform(session, { type, session: session.name });
  }

  /** Bytes of all data stream files of a session, by the consumer's count. */
  async recordedBytes(session: Session): Promise<number> {
    return (await this.statistics(session)).bytes;
  }
}
