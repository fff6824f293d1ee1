import { join } from 'node:path';
import { describeError } from '@ringtail/base';
import { type RunDirectory, runDirectoryAt } from '@ringtail/posix';
import type { ConsumerStatus } from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import type { Owner } from '../model/owner.ts';
import type { Session } from '../model/session.ts';
import { CONSUMER_IDLE_MS } from '../shares/limits.ts';
import type { PoolUsers } from '../shares/shared-pool.ts';
import type { ConsumerLink } from './consumer-link.ts';

/** Run directory of the consumer of one user. */
export interface ConsumerDirectory extends RunDirectory {
  readonly user: number;
}

export interface ConsumersOptions extends PoolUsers {
  readonly runDirectory: RunDirectory;
  /** Makes the directory and the FIFO of a consumer. */
  readonly prepare: (directory: ConsumerDirectory) => void;
  /** @param onHung called when the consumer has hung, with a sentence for the sessions of its user */
  readonly makeLink: (directory: ConsumerDirectory, onHung: (sentence: string) => void) => ConsumerLink;
  readonly sessions: () => readonly Session[];
  readonly log: Log;
}

/**
 * The consumer daemons, one for each user who has sessions: a directory that hangs stops the recordings of its user
 * only. The consumer of the daemon's own user runs as long as the daemon. Others run from the first trace of their user
 * until the user has no session.
 */
export class Consumers {
  readonly #options: ConsumersOptions;
  readonly #links = new Map<number, ConsumerLink>();
  readonly #ending = new Set<Promise<void>>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: ConsumersOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#endUnused(), CONSUMER_IDLE_MS);
    this.#sweep.unref();
  }

  /** Starts the consumer of the daemon's own user. */
  async start(): Promise<void> {
    await this.#add(this.#options.daemonUid).start();
  }

  /** The link to the consumer of a session's owner. Starts the consumer if it does not run. */
  of(owner: Owner): ConsumerLink {
    const user = this.#userOf(owner);
    const known = this.#links.get(user);
    if (known !== undefined) return known;
    const link = this.#add(user);
    link.start().catch((error: unknown) => {
      this.#options.log.error(`the consumer of user ${user} cannot be started: ${describeError(error)}`);
    });
    return link;
  }

  /** The FIFO by which producers wake the consumer of a session's owner. */
  wakePathOf(owner: Owner): string {
    return this.#directoryOf(this.#userOf(owner)).wakeFifo;
  }

  /** The state of all consumers for root, of their own consumer for other users. */
  status({ uid }: Owner): ConsumerStatus[] {
    return [...this.#links]
      .filter(([user]) => uid === 0 || user === this.#options.userBehind(uid))
      .map(([user, link]) => ({ uid: user, pid: link.pid ?? null, restarts: link.restarts, hangs: link.hangs }));
  }

  /** Goes on at new sockets after the run directory was made again. */
  async listenAgain(): Promise<void> {
    for (const [user, link] of this.#links) {
      this.#options.prepare(this.#directoryOf(user));
      await link.listenAgain();
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...[...this.#links.values()].map((link) => link.stop()), ...this.#ending]);
  }

  #userOf({ uid }: Owner): number {
    const { daemonUid, userBehind } = this.#options;
    return uid === daemonUid ? uid : userBehind(uid);
  }

  #directoryOf(user: number): ConsumerDirectory {
    const { runDirectory, daemonUid } = this.#options;
    if (user === daemonUid) return { ...runDirectory, user };
    return { ...runDirectoryAt(join(runDirectory.consumersDirectory, String(user))), user };
  }

  #add(user: number): ConsumerLink {
    const directory = this.#directoryOf(user);
    this.#options.prepare(directory);
    const link = this.#options.makeLink(directory, (sentence) => this.#hung(user, sentence));
    this.#links.set(user, link);
    return link;
  }

  #sessionsOf(user: number): Session[] {
    return this.#options.sessions().filter(({ owner }) => this.#userOf(owner) === user);
  }

  #hung(user: number, sentence: string): void {
    for (const session of this.#sessionsOf(user)) if (session.traced) session.troubles.add(sentence);
  }

  #endUnused(): void {
    for (const [user, link] of this.#links) {
      if (user === this.#options.daemonUid || this.#sessionsOf(user).length > 0 || !link.isIdle) continue;
      this.#links.delete(user);
      const ending = link.stop().finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
  }
}
