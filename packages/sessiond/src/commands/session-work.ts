import type { SessionStatistics } from '@ringtail/protocol';
import type { Session } from '../session.ts';
import { withTroubles } from '../statistics.ts';
import type { CommandServices } from './command-services.ts';

/** What several commands do with a session. */
export class SessionWork {
  readonly #services: CommandServices;

  constructor(services: CommandServices) {
    this.#services = services;
  }

  /** Applications learn of what changed in an active session, whose traces get what is new in it. */
  async changed<T>(session: Session, result: T): Promise<T> {
    if (!session.active) return result;
    const { traces, applications, publisher, link } = this.#services;
    const opened = traces.open(session, applications.threads());
    publisher.publishSoon();
    await link.unlessUnavailable(opened);
    return result;
  }

  /** Has every thread that the session records record its state again. */
  statedump(session: Session): void {
    this.#services.registry.requestStatedump(session);
    this.#services.publisher.publish();
  }

  /** Has everything taken that was committed so far. */
  async flush(session: Session): Promise<SessionStatistics> {
    this.publishAndDrain();
    return await this.statistics(session, 'flush');
  }

  /** No application is waited for: one that never reads its control file again keeps nobody. */
  publishAndDrain(): void {
    this.#services.publisher.publish();
    this.#services.drainApplications();
  }

  async statistics(session: Session, type: 'flush' | 'statistics' | 'close-session'): Promise<SessionStatistics> {
    const { link } = this.#services;
    const counted = session.traced ? await link.perform({ type, session: session.name }) : undefined;
    return withTroubles(counted, session.troubles.list());
  }
}
