import type { ConsumerCommand, SessionStatistics } from '@ringtail/protocol';
import type { Session } from '../model/session.ts';
import { withTroubles } from '../model/statistics.ts';
import type { Consumers } from './consumers.ts';

/** Consumer commands about a session that are answered with statistics. */
export type SessionTask = Extract<
  ConsumerCommand,
  { readonly session: string; readonly type: Exclude<ConsumerCommand['type'], 'open-trace' | 'count-closed-traces'> }
>;

/** Has consumers carry out tasks on sessions. */
export class SessionTasks {
  readonly #consumers: Consumers;

  constructor(consumers: Consumers) {
    this.#consumers = consumers;
  }

  /**
   * Has the consumer carry out a task. It does not know a session without any trace, which counts nothing.
   *
   * A consumer forgets its troubles when it dies, so the session keeps a copy.
   */
  async perform(session: Session, task: SessionTask): Promise<SessionStatistics> {
    const counted = session.traced ? await this.#consumers.of(session.owner).perform(task) : undefined;
    for (const trouble of counted?.troubles ?? []) session.troubles.add(trouble);
    return withTroubles(counted, session.troubles);
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
