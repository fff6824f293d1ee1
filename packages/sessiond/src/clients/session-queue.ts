import { DaemonError } from '../model/daemon-error.ts';
import { Underway } from './underway.ts';

/** Runs actions on one session one after another; actions on different sessions do not wait for each other. */
export class SessionQueue {
  /** The last action of each session, by its name. */
  readonly #last = new Map<string, Promise<unknown>>();
  #isClosed = false;

  /** Runs an action after all earlier ones on the session, including work that they left under way. */
  async run<T>(session: string, action: () => Promise<T | Underway<T>>): Promise<T> {
    const before = this.#last.get(session) ?? Promise.resolve();
    const result = before.then(action, action);
    const done = result.then((value) => (value instanceof Underway ? value.rest : undefined));
    this.#last.set(session, done);
    const leave = () => {
      if (this.#last.get(session) === done) this.#last.delete(session);
    };
    done.then(leave, leave);
    const value = await result;
    return value instanceof Underway ? value.answer : value;
  }

  /** Resolves when no action on these sessions is under way. */
  async settled(sessions: readonly string[]): Promise<void> {
    await Promise.allSettled(sessions.map((session) => this.#last.get(session)));
  }

  /** The daemon is about to end: recordings cannot begin any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** @throws {DaemonError} `SHUTTING_DOWN` */
  refuseIfClosed(): void {
    if (this.#isClosed) throw new DaemonError('SHUTTING_DOWN', 'the session daemon is about to end');
  }
}
