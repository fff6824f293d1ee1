import { describeError } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import type { Session } from '../model/session.ts';
import type { CommandServices } from './command-services.ts';

/** Work on a session that several commands share. */
export class SessionWork {
  readonly #services: CommandServices;

  constructor(services: CommandServices) {
    this.#services = services;
  }

  /** Has everything taken that was committed so far. */
  async flush(session: Session): Promise<SessionStatistics> {
    await this.#services.domains.settle(session);
    return await this.#services.tasks.statistics(session, 'flush');
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
