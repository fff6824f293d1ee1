import { describeError } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import type { Session } from '../model/session.ts';
import type { CommandServices } from './command-services.ts';

/** What several commands do with a session. */
export class SessionWork {
  readonly #services: CommandServices;

  constructor(services: CommandServices) {
    this.#services = services;
  }

  /**
   * Applications learn of what changed in an active session, whose traces get what is new in it. When the command is answered,
   * it holds for the next event of every thread.
   */
  async changed<T>(session: Session, result: T): Promise<T> {
    if (!session.active) return result;
    const { traces, applications, publisher, consumers } = this.#services;
    const opened = traces.open(session, applications.threads());
    const published = publisher.publishSoon();
    await consumers.of(session.owner).unlessUnavailable(opened);
    await published;
    return result;
  }

  /** Has every thread that the session records record its state again. */
  async statedump(session: Session): Promise<void> {
    this.#services.registry.requestStatedump(session);
    await this.#services.publisher.publishSoon();
  }

  /** Has everything taken that was committed so far. */
  async flush(session: Session): Promise<SessionStatistics> {
    await this.publishAndDrain();
    return await this.#services.tasks.statistics(session, 'flush');
  }

  /** No application is waited for: one that never reads its control file again keeps nobody. */
  async publishAndDrain(): Promise<void> {
    await this.#services.publisher.publishSoon();
    this.#services.drainApplications();
  }

  /** Goes on when the command is answered; what fails then is a line in the log and a trouble of the session. */
  async behindTheAnswer(session: Session, what: string, work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const sentence = `${what}: ${describeError(error)}`;
      session.troubles.add(sentence);
      this.#services.log.of(session.owner.uid, 'sessions').error(`session ${session.name}: ${sentence}`);
    }
  }
}
