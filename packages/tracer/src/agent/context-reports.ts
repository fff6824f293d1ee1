import { contextProblemOf, onContextProblem } from '../context/context-problems.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import { debug } from '../host/debug.ts';

/** A channel that records contexts. */
export interface ContextUser {
  readonly link: DaemonLink;
  readonly channel: number;
  readonly contexts: readonly string[];
}

/** Reports contexts that this thread cannot read to the daemons whose channels record them. */
export class ContextReports {
  #users: readonly ContextUser[] = [];

  constructor() {
    onContextProblem((context, message) => {
      for (const user of this.#users) if (user.contexts.includes(context)) report(user, message);
    });
  }

  /** Names the channels that are reported on from now on. */
  setUsers(users: readonly ContextUser[]): void {
    this.#users = users;
  }

  /** Reports the problems that are known already, for a new channel: the thread finds each of them only once. */
  reportKnown(user: ContextUser): void {
    for (const context of user.contexts) {
      const message = contextProblemOf(context);
      if (message !== undefined) report(user, message);
    }
  }
}

function report({ link, channel }: ContextUser, message: string): void {
  debug(message);
  link.send({ type: 'trouble', channel, code: 'NO_CONTEXT', message });
}
