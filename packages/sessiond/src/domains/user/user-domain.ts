import { describeError } from '@ringtail/base';
import {
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
import { directoryOf } from '../../model/destination.ts';
import type { Session } from '../../model/session.ts';
import type { CounterMap } from '../../triggers/maps/counter-map.ts';
import type { Domain, DomainHandlers, NamedChannelUse, SessionTask, WantedInstrumentation } from '../domain.ts';
import { contextRefusal, knownContexts } from './context-check.ts';
import { describeUserPart } from './part/describe-user-part.ts';
import { channelsIn, type UserPart } from './part/user-part.ts';
import { userHandlers } from './user-handlers.ts';
import { UserPrograms } from './user-programs.ts';
import type { UserServices } from './user-services.ts';

/**
 * Programs in user space: applications register their threads, which record into rings of their own. It records the
 * channels of the domains of loggers as well.
 */
export class UserDomain implements Domain {
  readonly name = 'user';
  readonly handlers: DomainHandlers;
  readonly programs: UserPrograms;
  readonly #services: UserServices;

  constructor(services: UserServices) {
    this.#services = services;
    this.handlers = userHandlers(services);
    this.programs = new UserPrograms(services);
  }

  contexts(): ContextDescription[] {
    return knownContexts().map((name) => ({ name, refused: contextRefusal(name) }));
  }

  instrumentation(client: Client, { fields }: WantedInstrumentation): Answer<'list-instrumentation'> {
    return this.#services.applications.describe(client, fields);
  }

  created(session: Session): void {
    const { seen } = this.#services.parts.add(session);
    for (const thread of this.#services.applications.withTracepoints()) seen.add(thread);
  }

  removed(session: Session): void {
    const part = this.#part(session);
    this.#services.parts.remove(part);
    this.#services.triggers.mapsRemoved(part.maps.values());
  }

  describe(session: Session): DomainDescription {
    return describeUserPart(this.#part(session));
  }

  /** The metadata of every trace is on disk before a program is told to record into it. */
  async start(session: Session): Promise<void> {
    const { traces, applications, outputs, programTroubles, publisher, consumers } = this.#services;
    const part = this.#part(session);
    part.statedump++;
    if (part.channels.size + part.maps.size === 0) return;
    programTroubles.started(part);
    await outputs.prepare(session, this.name);
    const link = consumers.of(session.owner);
    await link.unlessUnavailable(link.connected().then(() => traces.open(part, applications.threads())));
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
    const part = this.#part(session);
    if (task.type === 'clear') {
      for (const map of part.maps.values()) map.clear();
      part.wrongValues.clear();
      rings.releaseEndedOf(session);
    }
    const counted = session.traced ? await consumers.of(session.owner).perform(task) : NO_STATISTICS;
    for (const trouble of counted.troubles) session.troubles.add(trouble);
    if (task.type === 'close-session') {
      rings.releaseAllOf(session);
      await this.#removeCheckpoints(part);
    }
    return { ...counted, wrongValues: part.wrongValues.list() };
  }

  async regenerate(session: Session, part: 'metadata' | 'statedump'): Promise<void> {
    if (part === 'metadata') {
      await this.#regenerateMetadata(this.#part(session));
    } else {
      this.#part(session).statedump++;
      await this.#services.publisher.publishSoon();
    }
  }

  memory(session: Session): RingMemory[] {
    this.#services.drainApplications();
    const { channels } = this.#part(session);
    return this.#services.rings
      .memoryOf(session)
      .map((ring) => ({ domain: channels.get(ring.channel)?.domain ?? this.name, ...ring }));
  }

  async channelUse(session: Session, channel: string | null): Promise<NamedChannelUse[]> {
    const names = new Map<number, string>();
    for (const { channels } of this.#part(session).traces.values()) {
      for (const { key, channel: of } of channels.values()) {
        if (channel === null || of.attributes.name === channel) names.set(key, of.attributes.name);
      }
    }
    if (names.size === 0) return [];
    const uses = await this.#services.consumers.of(session.owner).channelUse([...names.keys()]);
    return uses.flatMap((use) => {
      const name = names.get(use.channel);
      return name === undefined ? [] : [{ ...use, channel: name }];
    });
  }

  monitorTimerUs(session: Session, channel: string): number | undefined {
    const named = channelsIn(this.#part(session), this.name);
    return named.find(({ attributes }) => attributes.name === channel)?.attributes.monitorTimerUs;
  }

  map(session: Session, name: string): CounterMap | undefined {
    return this.#part(session).maps.get(name);
  }

  #part(session: Session): UserPart {
    return this.#services.parts.of(session);
  }

  /** Changes the metadata of open traces, and of traces that open later. */
  async #regenerateMetadata({ session, channels, traces }: UserPart): Promise<void> {
    if ([...channels.values()].some(({ attributes }) => attributes.ownership === 'process')) {
      throw new DaemonError(
        'PER_PROCESS_SESSION',
        'metadata of traces of single processes cannot be regenerated: some of the processes may have gone',
      );
    }
    const link = this.#services.consumers.of(session.owner);
    const { offsetNs } = readClock(session.clock);
    session.clockReading = { ...session.clockReading, offsetNs };
    const answers = [...traces.values()].map(({ key }) =>
      link.setUp({ type: 'regenerate-metadata', trace: key, clockOffsetNs: String(offsetNs) }),
    );
    await link.unlessUnavailable(Promise.all(answers));
  }

  /** Only the consumer needed the checkpoints of a session that is closed. If they cannot be removed, they stay. */
  async #removeCheckpoints({ session, traces }: UserPart): Promise<void> {
    const { outputs, log } = this.#services;
    const { name, output, owner } = session;
    const uuids = [...traces.values()].map(({ uuid }) => uuid);
    if (output === null || uuids.length === 0) return;
    try {
      await outputs.removeCheckpoints(output, uuids, owner);
    } catch (error) {
      const sentence = `checkpoints in ${directoryOf(output)} stay: ${describeError(error)}`;
      log.of(owner.uid, 'output directories').warn(`session ${name}: ${sentence}`);
    }
  }
}
