import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { PeerCredentials, Posix } from '@ringtail/posix';
import type {
  AliveMessage,
  AppReply,
  CountersMessage,
  DeclareMessage,
  GoodbyeMessage,
  ListedApplication,
  ProcessEnd,
  RegisterMessage,
  RingMessage,
  TracepointsMessage,
  TriggerMatchedMessage,
  TroubleMessage,
} from '@ringtail/protocol';
import { ringBytesFor } from '@ringtail/ringbuf';
import { JsonText } from '../../clients/json-text.ts';
import type { Consumers } from '../../consumer/consumers.ts';
import type { Ring, RingKeeper } from '../../consumer/ring-keeper.ts';
import type { TraceKeeper } from '../../consumer/trace-keeper.ts';
import type { DiagnosedThread } from '../../diagnosis/diagnose.ts';
import type { Log } from '../../log/log.ts';
import type { PeerLog } from '../../log/peer-log.ts';
import type { Batch } from '../../model/identifier-table.ts';
import { RINGS_PER_APPLICATION_MAX } from '../../model/limits.ts';
import type { Owner, RecordedThread, TraceChannel } from '../../model/session.ts';
import type { SessionRegistry } from '../../model/session-registry.ts';
import type { Sighting } from '../../model/sightings.ts';
import {
  jsonWithoutFields,
  NO_TRACEPOINTS,
  type TracepointList,
  TracepointLists,
} from '../../model/tracepoint-lists.ts';
import { Troubles } from '../../model/troubles.ts';
import type { NotificationHub } from '../../notifications/notification-hub.ts';
import { describeEnd } from '../../process-exits/process-end.ts';
import type { ProcessExits } from '../../process-exits/process-exits.ts';
import { processHandle } from '../../process-exits/process-handle.ts';
import { textWeight } from '../../shares/memory-weight.ts';
import { PoolHolding } from '../../shares/pool-holding.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';
import type { AskedThread } from '../../triggers/conditions/event-loop-stalled.ts';
import type { CountingThread } from '../../triggers/counters/thread-counters.ts';
import type { TriggerEngine } from '../../triggers/trigger-engine.ts';
import type { Register, RegisteredApplication, RegisterUnable } from './app-connection.ts';
import { controlFileName, hasClosedDescriptors } from './closed-descriptors.ts';
import { ControlFile, controlBytesOf } from './control-file.ts';
import { PeerRefusal } from './peer-refusal.ts';
import { ProcessTable } from './process-table.ts';
import type { ProgramTroubles } from './program-troubles.ts';
import { checkControlFile, checkRing } from './received-files.ts';
import type { StatePublisher, Subscriber } from './state-publisher.ts';

export interface ApplicationServiceOptions {
  readonly posix: Posix;
  readonly registry: SessionRegistry;
  readonly consumers: Consumers;
  readonly traces: TraceKeeper;
  readonly rings: RingKeeper;
  readonly publisher: StatePublisher;
  readonly exits: ProcessExits;
  readonly triggers: TriggerEngine;
  readonly notifications: NotificationHub;
  readonly troubles: ProgramTroubles;
  /** Bytes kept for applications. */
  readonly kept: SharedPool;
  /** A process has registered, or said why it cannot. */
  readonly onHeardOf: (pid: number) => void;
  readonly now: () => Date;
  readonly log: PeerLog;
}

/** All registered threads. */
export class ApplicationService {
  readonly #options: ApplicationServiceOptions;
  readonly #applications = new Set<Application>();
  readonly #processes: ProcessTable;
  readonly #shared: Shared;

  constructor(options: ApplicationServiceOptions) {
    this.#options = options;
    this.#shared = { declarations: new Map(), lists: new TracepointLists(options.kept) };
    this.#processes = new ProcessTable(options.now);
  }

  /** @throws {PeerRefusal} The descriptor is ours in any case. */
  register: Register = (peer, message, controlFile, connection) => {
    const { posix, registry, traces, publisher, exits, triggers, notifications, troubles, onHeardOf, log } =
      this.#options;
    onHeardOf(peer.pid);
    troubles.registered(peer.pid);
    let thread: RecordedThread | undefined;
    let counting: CountingThread | undefined;
    try {
      checkControlFile(posix, controlFile);
      const control = new ControlFile(controlBytesOf(controlFile), message.slot);
      thread = { pid: peer.pid, uid: peer.uid, gid: peer.gid, process: this.#processes.join(peer, message) };
      exits.registered(thread.process, peer.uid, () => processHandle(posix, peer.pid, connection.openProcess()));
      for (const session of registry.sessions()) {
        // What is refused is a trouble of the session; the application is not at fault.
        if (session.active) void traces.open(session, [thread]).catch(() => {});
      }
      counting = countingThread(thread, message.slot, controlFile);
      triggers.threadRegistered(counting);
      const subscriber = { thread, slot: message.slot, controlFile: control, ...connection };
      publisher.add(subscriber);
      const application: Application = new Application(this.#options, this.#shared, {
        message,
        thread,
        counting,
        subscriber,
        informed: traces.prepared(thread)?.then(() => publisher.published()),
        controlFile: controlFileName(controlFile),
        onEnded: (then) => {
          this.#applications.delete(application);
          closeSync(controlFile);
          this.#leave(application.thread, then);
        },
      });
      this.#applications.add(application);
      for (const session of registry.sessions()) session.sightings.add(application.sighting());
      const { pid, tid, procname } = message;
      notifications.publish({ kind: 'application-registered', pid, tid, procname }, peer.uid);
      log.of(peer.uid, 'registrations').info(`registered ${application.name} of user ${peer.uid}: ${message.runtime}`);
      return application;
    } catch (error) {
      if (counting !== undefined) triggers.threadEnded(counting);
      if (thread !== undefined) this.#leave(thread, () => {});
      closeSync(controlFile);
      throw error;
    }
  };

  registerUnable: RegisterUnable = (peer, { procname, reason }) => {
    const { troubles, onHeardOf, log } = this.#options;
    onHeardOf(peer.pid);
    const sentence = `process ${peer.pid} (${procname}) is not recorded: ${reason} (NO_TRACER)`;
    log.of(peer.uid, 'programs that cannot be recorded').warn(sentence);
    const program = { ...peer };
    troubles.addStanding(program, sentence);
    return () => troubles.forget(program);
  };

  /** A thread that wants to be recorded is not. */
  refused = ({ pid, ...user }: PeerCredentials, why: string, procname: string | undefined): void => {
    this.#options.onHeardOf(pid);
    const name = procname === undefined ? '' : ` (${procname})`;
    this.#options.troubles.add({ pid, ...user }, `process ${pid}${name} is not recorded: ${why} (REFUSED)`);
  };

  /** A program finds no place, since its user has too many. Without numbers: a thousand programs have one reason. */
  shareUsedUp(peer: PeerCredentials, share: string): void {
    this.#options.onHeardOf(peer.pid);
    const sentence = `programs of user ${peer.uid} are not recorded: ${share} is used up (SHARE_USED_UP)`;
    this.#options.troubles.addRefused({ ...peer }, sentence);
  }

  /** Those that can be asked whether they are in their event loops. */
  asked(): Iterable<AskedThread> {
    return this.#applications;
  }

  diagnosed(): DiagnosedThread[] {
    return [...this.#applications].map((application) => application.diagnosed());
  }

  threads(): RecordedThread[] {
    return [...this.#applications].map(({ thread }) => thread);
  }

  sightings(): Sighting[] {
    return [...this.#applications].map((application) => application.sighting());
  }

  /** The threads that this user may see: `ApplicationList`. */
  describe(user: Owner, fields: boolean): JsonText {
    const indices = new Map<TracepointList, number>();
    const applications = this.#visibleTo(user).map((application) => {
      const index = indices.get(application.tracepointList) ?? indices.size;
      indices.set(application.tracepointList, index);
      return application.listed(index);
    });
    const lists = [...indices.keys()].flatMap((list, index) => {
      const json = fields ? list.json : jsonWithoutFields(list);
      return index === 0 ? [json] : [',', json];
    });
    return new JsonText([`{"applications":${JSON.stringify(applications)},"tracepointLists":[`, ...lists, ']}']);
  }

  /** How many threads this user may see. */
  countFor(user: Owner): number {
    return this.#visibleTo(user).length;
  }

  /** A user has their own applications, root has all. */
  #visibleTo({ uid }: Owner): Application[] {
    return [...this.#applications].filter(({ thread }) => uid === 0 || uid === thread.uid);
  }

  /** @param then called once, soon, with how the process ended; with nothing if it goes on. */
  #leave({ process }: RecordedThread, then: (end: ProcessEnd | undefined) => void): void {
    const { registry, traces, exits } = this.#options;
    if (this.#processes.leave(process)) {
      for (const trace of registry.processEnded(process)) void traces.close(trace);
      exits.left(process, then);
    } else then(undefined);
  }
}

function countingThread({ uid, process }: RecordedThread, slot: number, controlFile: number): CountingThread {
  return {
    uid,
    slot,
    process,
    read: (bytes, position) => controlBytesOf(controlFile).read(bytes, position),
  };
}

/** What all threads have together. */
interface Shared {
  readonly declarations: Map<Batch, Promise<void>>;
  readonly lists: TracepointLists;
}

interface ApplicationParts {
  readonly message: RegisterMessage;
  readonly thread: RecordedThread;
  readonly counting: CountingThread;
  readonly subscriber: Subscriber;
  readonly informed: Promise<void> | undefined;
  /** As `/proc` calls it; undefined where a tracer would call it otherwise. */
  readonly controlFile: string | undefined;
  readonly onEnded: (then: (end: ProcessEnd | undefined) => void) => void;
}

/** Of the application's own, of its program's, and with names around it. */
const TROUBLE_COPIES = 3;

/** One registered thread. */
class Application implements RegisteredApplication, AskedThread {
  readonly thread: RecordedThread;
  readonly name: string;
  readonly #services: ApplicationServiceOptions;
  readonly #shared: Shared;
  readonly #parts: ApplicationParts;
  readonly #rings = new Map<TraceChannel, Ring>();
  readonly #troubles = new Troubles();
  readonly #kept: PoolHolding;
  #ringCount = 0;
  #tracepoints = NO_TRACEPOINTS;
  /** Of the newest `look` that was answered. */
  answered = 0;

  constructor(services: ApplicationServiceOptions, shared: Shared, parts: ApplicationParts) {
    const { pid, tid, procname } = parts.message;
    this.#services = services;
    this.#shared = shared;
    this.#parts = parts;
    this.#kept = new PoolHolding(services.kept);
    this.thread = parts.thread;
    this.name = `thread ${tid} of process ${pid} (${procname})`;
  }

  get informed(): Promise<void> | undefined {
    return this.#parts.informed;
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
      const answers = unconfirmed.map((batch) => this.#shared.declarations.get(batch));
      const { consumers } = this.#services;
      await consumers.of(channel.trace.session.owner).unlessUnavailable(Promise.all(answers));
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
      this.#log('rings').debug(`${this.name}: a ring for a channel that is gone`);
      closeSync(descriptor);
      return;
    }
    // A thread has one ring per channel: one that it makes after a stop replaces the one before.
    const former = this.#rings.get(channel);
    if (former !== undefined) rings.close(former);
    const { pid, tid, procname } = this.#parts.message;
    const ring = rings.open(channel, descriptor, message.bytes, { pid, tid, procname }, (released) => {
      if (this.#rings.get(channel) === released) this.#rings.delete(channel);
    });
    if (ring === undefined) this.#rings.delete(channel);
    else this.#rings.set(channel, ring);
  }

  trouble({ channel, code, message }: TroubleMessage): void {
    const sentence = `${this.name}: ${message} (${code})`;
    this.#log('troubles').warn(sentence);
    if (!this.#keepsTrouble(message)) return;
    this.#troubles.add(message);
    if (channel !== null) this.#channel(channel)?.trace.session.troubles.addOfProgram(this.thread.pid, sentence);
    // Without numbers: the threads and processes of one program say the same.
    else this.#services.troubles.addStanding(this.thread, `${this.thread.process.procname}: ${message} (${code})`);
  }

  /** What an application says goes wrong counts for its user; what has no room is in the log. */
  #keepsTrouble(message: string): boolean {
    if (this.#troubles.has(message)) return true;
    return this.#kept.take(this.thread.uid, TROUBLE_COPIES * textWeight(message)) === undefined;
  }

  tracepoints({ tracepoints }: TracepointsMessage): void {
    const { lists } = this.#shared;
    lists.release(this.#tracepoints);
    const list = lists.acquire(this.thread.uid, tracepoints);
    if (typeof list === 'string') {
      this.#log('tracepoints').warn(`${this.name}: its tracepoints are not listed: ${list}`);
      // Short, and one for each application: kept in any case.
      this.#troubles.add('its tracepoints are not listed: the share of its user is used up');
    }
    this.#tracepoints = typeof list === 'string' ? NO_TRACEPOINTS : list;
    for (const session of this.#services.registry.sessions()) session.sightings.add(this.sighting());
  }

  triggerMatched(message: TriggerMatchedMessage): void {
    this.#services.triggers.matched(this.#parts.counting, message);
  }

  counters(message: CountersMessage): void {
    this.#services.triggers.counted(this.#parts.counting, message);
  }

  get tid(): number {
    return this.#parts.message.tid;
  }

  get procname(): string {
    return this.#parts.message.procname;
  }

  look(turn: number): void {
    this.#parts.subscriber.look(turn);
  }

  alive({ turn }: AliveMessage): void {
    this.answered = turn;
  }

  goodbye(message: GoodbyeMessage): void {
    this.#services.exits.goodbye(this.thread.process, message);
  }

  ended(): void {
    const { publisher, rings, triggers, notifications, troubles } = this.#services;
    const { pid, tid, procname, mainThread } = this.#parts.message;
    const { controlFile } = this.#parts;
    if (mainThread && controlFile !== undefined && hasClosedDescriptors(this.thread.pid, controlFile)) {
      const what = 'has closed descriptors of the tracer, or become another program';
      troubles.add(
        this.thread,
        `process ${this.thread.pid} (${procname}) ${what}, and is not recorded from then on (DESCRIPTORS_CLOSED)`,
      );
    }
    troubles.forget(this.thread);
    publisher.remove(this.#parts.subscriber);
    triggers.threadEnded(this.#parts.counting);
    for (const ring of this.#rings.values()) rings.close(ring);
    this.#rings.clear();
    this.#shared.lists.release(this.#tracepoints);
    this.#kept.giveBackAll();
    this.#parts.onEnded((end) => {
      const gone = { kind: 'application-gone', pid, tid, procname } as const;
      notifications.publish(end === undefined ? gone : { ...gone, end }, this.thread.uid);
      this.#log('ended applications').info(`${this.name} has gone${end === undefined ? '' : `: ${describeEnd(end)}`}`);
    });
  }

  diagnosed(): DiagnosedThread {
    return { thread: this.thread, tracepoints: this.#tracepoints };
  }

  sighting(): Sighting {
    return { thread: this.thread, tracepoints: this.#tracepoints };
  }

  get tracepointList(): TracepointList {
    return this.#tracepoints;
  }

  /** @param tracepoints index of this application's list among those that are told with it */
  listed(tracepoints: number): ListedApplication {
    const { pid, tid, procname, runtime, mainThread } = this.#parts.message;
    const troubles = this.#troubles.list();
    return { pid, tid, uid: this.thread.uid, procname, runtime, mainThread, troubles, tracepoints };
  }

  #log(about: string): Log {
    return this.#services.log.of(this.thread.uid, about);
  }

  #channel(key: number): TraceChannel | undefined {
    return this.#services.registry.channelOf(key, this.thread);
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
    const answer = this.#services.consumers
      .of(channel.trace.session.owner)
      .setUp({ type: 'declare-events', channel: channel.key, events: batch.events })
      .then(() => channel.identifiers.confirm(batch))
      .catch((error: unknown) => {
        channel.identifiers.withdraw(batch);
        throw error;
      })
      .finally(() => this.#shared.declarations.delete(batch));
    // Whoever waits for it handles it; there may be nobody.
    answer.catch(() => {});
    this.#shared.declarations.set(batch, answer);
  }

  #metadataRefused(channel: TraceChannel, why: string): AppReply {
    const sentence = `${this.name}: events could not be declared: ${why}`;
    channel.trace.session.troubles.add(sentence);
    this.#log('declarations').error(sentence);
    return { type: 'refused', code: 'METADATA_NOT_WRITTEN', message: why };
  }
}
