import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { PeerCredentials, Posix } from '@ringtail/posix';
import type {
  ApplicationDescription,
  AppReply,
  DeclareMessage,
  RegisterMessage,
  RingMessage,
  TracepointsMessage,
  TroubleMessage,
} from '@ringtail/protocol';
import { ringBytesFor } from '@ringtail/ringbuf';
import type { RegisteredApplication } from './app-connection.ts';
import type { ConsumerLink } from './consumer-link.ts';
import { ControlFile } from './control-file.ts';
import type { Batch } from './identifier-table.ts';
import { RINGS_PER_APPLICATION_MAX } from './limits.ts';
import type { Log } from './log.ts';
import { PeerRefusal } from './peer-refusal.ts';
import { checkControlFile, checkRing } from './received-files.ts';
import type { Ring, RingKeeper } from './ring-keeper.ts';
import type { Owner, SessionRegistry, TraceChannel } from './session-registry.ts';
import { controlBytesOf, type StatePublisher, type Subscriber } from './state-publisher.ts';
import type { TraceKeeper } from './trace-keeper.ts';
import { Troubles } from './troubles.ts';

export interface ApplicationServiceOptions {
  readonly posix: Posix;
  readonly registry: SessionRegistry;
  readonly link: ConsumerLink;
  readonly traces: TraceKeeper;
  readonly rings: RingKeeper;
  readonly publisher: StatePublisher;
  readonly log: Log;
}

/** All registered threads. */
export class ApplicationService {
  readonly #options: ApplicationServiceOptions;
  readonly #applications = new Set<Application>();
  readonly #declarations = new Map<Batch, Promise<void>>();

  constructor(options: ApplicationServiceOptions) {
    this.#options = options;
  }

  /** @throws {PeerRefusal} The descriptor is ours in any case. */
  register = (
    peer: PeerCredentials,
    message: RegisterMessage,
    controlFile: number,
    disconnect: (why: string) => void,
  ): RegisteredApplication => {
    const { posix, registry, traces, publisher, log } = this.#options;
    try {
      checkControlFile(posix, controlFile);
      for (const session of registry.sessions()) {
        // What is refused is a trouble of the session; the application is not at fault.
        if (session.active) void traces.open(session, [peer]).catch(() => {});
      }
      const control = new ControlFile(controlBytesOf(controlFile), message.slot);
      const subscriber = { uid: peer.uid, controlFile: control, disconnect };
      publisher.add(subscriber);
      const application: Application = new Application(this.#options, this.#declarations, {
        message,
        peer,
        subscriber,
        onEnded: () => {
          this.#applications.delete(application);
          closeSync(controlFile);
        },
      });
      this.#applications.add(application);
      for (const session of registry.sessions()) session.sightings.add(application.describe());
      log.info(`registered ${application.name} of user ${peer.uid}: ${message.runtime}`);
      return application;
    } catch (error) {
      closeSync(controlFile);
      throw error;
    }
  };

  /** The users of the threads that are registered now, each with the group of one of them. */
  owners(): readonly Owner[] {
    return [...new Map([...this.#applications].map(({ owner }) => [owner.uid, owner])).values()];
  }

  describe(): ApplicationDescription[] {
    return [...this.#applications].map((application) => application.describe());
  }
}

interface ApplicationParts {
  readonly message: RegisterMessage;
  readonly peer: PeerCredentials;
  readonly subscriber: Subscriber;
  readonly onEnded: () => void;
}

/** One registered thread. */
class Application implements RegisteredApplication {
  readonly owner: Owner;
  readonly name: string;
  readonly #services: ApplicationServiceOptions;
  readonly #declarations: Map<Batch, Promise<void>>;
  readonly #parts: ApplicationParts;
  readonly #rings = new Map<TraceChannel, Ring>();
  readonly #troubles = new Troubles();
  #ringCount = 0;
  #tracepoints: TracepointsMessage['tracepoints'] = [];

  constructor(services: ApplicationServiceOptions, declarations: Map<Batch, Promise<void>>, parts: ApplicationParts) {
    const { pid, tid, procname } = parts.message;
    this.#services = services;
    this.#declarations = declarations;
    this.#parts = parts;
    this.owner = parts.peer;
    this.name = `thread ${tid} of process ${pid} (${procname})`;
  }

  async declare(message: DeclareMessage): Promise<AppReply> {
    const channel = this.#channel(message.channel);
    if (channel === undefined) {
      return { type: 'refused', code: 'NO_CHANNEL', message: `there is no channel ${message.channel} any more` };
    }
    const declaration = channel.identifiers.declare(message.events);
    if (declaration.kind === 'refused') return this.#metadataRefused(channel, declaration.message);
    const { ids, unsent, unconfirmed } = declaration;
    if (unsent !== undefined) this.#tellConsumer(channel, unsent);
    try {
      const answers = unconfirmed.map((batch) => this.#declarations.get(batch));
      await this.#services.link.unlessUnavailable(Promise.all(answers));
      return { type: 'declared', ids };
    } catch (error) {
      return this.#metadataRefused(channel, describeError(error));
    }
  }

  ring(message: RingMessage, descriptor: number): void {
    const { rings } = this.#services;
    let channel: TraceChannel | undefined;
    try {
      channel = this.#channel(message.channel);
      if (channel !== undefined) this.#checkRing(channel, message, descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    if (channel === undefined) {
      this.#services.log.debug(`${this.name}: a ring for a channel that is gone`);
      closeSync(descriptor);
      return;
    }
    // A thread has one ring per channel: one that it makes after a stop replaces the one before.
    const former = this.#rings.get(channel);
    if (former !== undefined) rings.close(former);
    const { pid, tid, procname } = this.#parts.message;
    const ring = rings.open(channel, descriptor, message.bytes, { pid, tid, procname });
    if (ring === undefined) this.#rings.delete(channel);
    else this.#rings.set(channel, ring);
  }

  trouble({ channel, code, message }: TroubleMessage): void {
    const sentence = `${this.name}: ${message} (${code})`;
    this.#services.log.warn(sentence);
    this.#troubles.add(message);
    if (channel !== null) this.#channel(channel)?.trace.session.troubles.add(sentence);
  }

  tracepoints({ tracepoints }: TracepointsMessage): void {
    this.#tracepoints = tracepoints;
    for (const session of this.#services.registry.sessions()) session.sightings.add(this.describe());
  }

  ended(): void {
    const { publisher, rings, log } = this.#services;
    publisher.remove(this.#parts.subscriber);
    for (const ring of this.#rings.values()) rings.close(ring);
    this.#rings.clear();
    this.#parts.onEnded();
    log.info(`${this.name} has gone`);
  }

  describe(): ApplicationDescription {
    const { pid, tid, procname, runtime, mainThread } = this.#parts.message;
    const { uid } = this.owner;
    const troubles = this.#troubles.list();
    return { pid, tid, uid, procname, runtime, mainThread, tracepoints: this.#tracepoints, troubles };
  }

  #channel(key: number): TraceChannel | undefined {
    return this.#services.registry.channelOf(key, this.owner.uid);
  }

  #checkRing({ channel, trace }: TraceChannel, message: RingMessage, descriptor: number): void {
    if (++this.#ringCount > RINGS_PER_APPLICATION_MAX) {
      throw new PeerRefusal('BAD_MESSAGE', `a thread makes at most ${RINGS_PER_APPLICATION_MAX} rings`);
    }
    const { subBufBytes, subBufCount } = channel.attributes;
    if (message.bytes !== ringBytesFor(subBufBytes, subBufCount)) {
      throw new PeerRefusal('BAD_MESSAGE', `a ring of ${message.bytes} bytes is none of channel ${message.channel}`);
    }
    checkRing(this.#services.posix, descriptor, message.bytes, trace.ringDirectory !== null);
  }

  #tellConsumer(channel: TraceChannel, batch: Batch): void {
    const answer = this.#services.link
      .setUp({ type: 'declare-events', channel: channel.key, events: batch.events })
      .then(() => channel.identifiers.confirm(batch))
      .catch((error: unknown) => {
        channel.identifiers.withdraw(batch);
        throw error;
      })
      .finally(() => this.#declarations.delete(batch));
    // Whoever waits for it handles it; there may be nobody.
    answer.catch(() => {});
    this.#declarations.set(batch, answer);
  }

  #metadataRefused(channel: TraceChannel, why: string): AppReply {
    const sentence = `${this.name}: events could not be declared: ${why}`;
    channel.trace.session.troubles.add(sentence);
    this.#services.log.error(sentence);
    return { type: 'refused', code: 'METADATA_NOT_WRITTEN', message: why };
  }
}
