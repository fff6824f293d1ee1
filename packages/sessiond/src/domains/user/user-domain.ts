import {
  type Commands,
  type ContextDescription,
  type DomainDescription,
  NO_STATISTICS,
  type RingMemory,
  type SessionStatistics,
} from '@ringtail/protocol';
import type { Answer } from '../../clients/handlers.ts';
import { readClock } from '../../clock/session-clock.ts';
import type { Client } from '../../model/client.ts';
import { DaemonError } from '../../model/daemon-error.ts';
import type { Session } from '../../model/session.ts';
import type { Domain, DomainCommandName, DomainHandlers, SessionTask } from '../domain.ts';
import { contextRefusal, knownContexts } from './context-check.ts';
import { describeUserPart } from './part/describe-user-part.ts';
import { userHandlers } from './user-handlers.ts';
import type { UserServices } from './user-services.ts';

/** Programs in user space: applications register their threads, which record into rings of their own. */
export class UserDomain implements Domain {
  readonly name = 'user';
  readonly #services: UserServices;
  readonly #handlers: DomainHandlers;

  constructor(services: UserServices) {
    this.#services = services;
    this.#handlers = userHandlers(services);
  }

  contexts(): ContextDescription[] {
    return knownContexts().map((name) => ({ name, refused: contextRefusal(name) }));
  }

  instrumentation(client: Client, fields: boolean): Answer<'list-instrumentation'> {
    return this.#services.applications.describe(client, fields);
  }

  change<Name extends DomainCommandName>(
    session: Session,
    command: Name,
    params: Commands[Name]['params'],
  ): Answer<Name> {
    const handler: (session: Session, params: Commands[Name]['params']) => Answer<Name> = this.#handlers[command];
    return handler(session, params);
  }

  describe(session: Session): DomainDescription {
    return describeUserPart(session);
  }

  /** The metadata of every trace is on disk before a program is told to record into it. */
  async start(session: Session): Promise<void> {
    const { traces, applications, outputs, programTroubles, publisher, consumers } = this.#services;
    if (session.channels.size + session.maps.size === 0) return;
    programTroubles.started(session);
    await outputs.prepare(session, this.name);
    const link = consumers.of(session.owner);
    await link.unlessUnavailable(link.connected().then(() => traces.open(session, applications.threads())));
    await publisher.publishSoon();
  }

  /** Waits for no application: one that never reads its control file again delays no command. */
  async settle(session: Session): Promise<void> {
    if (!session.active) await this.#services.publisher.publishSoon();
    this.#services.drainApplications();
  }

  /**
   * Sends a task to the consumer daemon, which knows only sessions with a trace.
   *
   * A consumer forgets troubles when it ends; the session keeps them.
   */
  async perform(session: Session, task: SessionTask): Promise<SessionStatistics> {
    const { rings, consumers } = this.#services;
    if (task.type === 'clear') rings.releaseEndedOf(session);
    const counted = session.traced ? await consumers.of(session.owner).perform(task) : NO_STATISTICS;
    for (const trouble of counted.troubles) session.troubles.add(trouble);
    if (task.type === 'close-session') rings.releaseAllOf(session);
    return counted;
  }

  async regenerate(session: Session, part: 'metadata' | 'statedump'): Promise<void> {
    if (part === 'metadata') {
      await this.#regenerateMetadata(session);
    } else {
      this.#services.registry.requestStatedump(session);
      await this.#services.publisher.publishSoon();
    }
  }

  memory(session: Session): RingMemory[] {
    this.#services.drainApplications();
    return this.#services.rings.memoryOf(session).map((ring) => ({ domain: this.name, ...ring }));
  }

  /** Changes the metadata of open traces, and of traces that open later. */
  async #regenerateMetadata(session: Session): Promise<void> {
    if ([...session.channels.values()].some(({ attributes }) => attributes.ownership === 'process')) {
      throw new DaemonError(
        'PER_PROCESS_SESSION',
        'metadata of traces of single processes cannot be regenerated: some of the processes may have gone',
      );
    }
    const link = this.#services.consumers.of(session.owner);
    const { offsetNs } = readClock(session.clock);
    session.clockReading = { ...session.clockReading, offsetNs };
    const answers = [...session.traces.values()].map(({ key }) =>
      link.setUp({ type: 'regenerate-metadata', trace: key, clockOffsetNs: String(offsetNs) }),
    );
    await link.unlessUnavailable(Promise.all(answers));
  }
}
