import { closeSync } from 'node:fs';
import { describeError, type Timers } from '@ringtail/base';
import type { Posix } from '@ringtail/posix';
import {
  type AliveMessage,
  type AppReply,
  CONTROL_SLOT_COUNT,
  type CountersMessage,
  type DeclareMessage,
  type GoodbyeMessage,
  type ListedApplication,
  type ProcessEnd,
  type ProgramMessage,
  type RegisterMessage,
  type RingMessage,
  type TracepointsMessage,
  type TriggerMatchedMessage,
  type TroubleMessage,
  type WrongValueMessage,
} from '@ringtail/protocol';
import { ringBytesFor } from '@ringtail/ringbuf';
import type { Consumers } from '../../../consumer/consumers.ts';
import type { Log } from '../../../log/log.ts';
import type { PeerLog } from '../../../log/peer-log.ts';
import type { RecordedThread } from '../../../model/application-process.ts';
import { Troubles } from '../../../model/troubles.ts';
import type { NotificationHub } from '../../../notifications/notification-hub.ts';
import { PeerRefusal } from '../../../peers/peer-refusal.ts';
import { processStartTime } from '../../../peers/process-identity.ts';
import { describeEnd } from '../../../process-exits/process-end.ts';
import type { ProcessExits } from '../../../process-exits/process-exits.ts';
import { RINGS_PER_APPLICATION_MAX } from '../../../shares/limits.ts';
import { textWeight } from '../../../shares/memory-weight.ts';
import { PoolHolding } from '../../../shares/pool-holding.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import type { PingedThread } from '../../../triggers/conditions/event-loop-stalled.ts';
import { type CountingThread, counterAt, difference } from '../../../triggers/counters/thread-counters.ts';
import type { TriggerEngine } from '../../../triggers/trigger-engine.ts';
import type { ProgramTroubles } from '../diagnosis/program-troubles.ts';
import type { Batch } from '../part/identifier-table.ts';
import {
  type ListedThread,
  NO_TRACEPOINTS,
  type TracepointList,
  type TracepointLists,
} from '../part/tracepoint-lists.ts';
import type { TraceChannel } from '../part/user-part.ts';
import type { UserParts } from '../part/user-parts.ts';
import type { StatePublisher, Subscriber } from '../publishing/state-publisher.ts';
import type { Ring, RingKeeper } from '../recording/ring-keeper.ts';
import { hasClosedDescriptors } from './closed-descriptors.ts';
import { checkRing } from './received-files.ts';
import type { RegisteredApplication } from './registration.ts';

/** Within this time a program that closes its descriptors has closed all of them. */
const CLOSING_MS = 1000;

/** Services that carry out the messages of a thread. */
export interface ApplicationServices {
  readonly posix: Posix;
  readonly parts: UserParts;
  readonly consumers: Consumers;
  readonly rings: RingKeeper;
  readonly publisher: StatePublisher;
  readonly exits: ProcessExits;
  readonly triggers: TriggerEngine;
  readonly notifications: NotificationHub;
  readonly troubles: ProgramTroubles;
  /** Bytes kept for applications. */
  readonly kept: SharedPool;
  readonly timers: Timers;
  readonly log: PeerLog;
}

/** State that all threads share. */
export interface SharedByThreads {
  /** Declarations that the consumer has not answered yet. */
  readonly declarations: Map<Batch, Promise<void>>;
  readonly lists: TracepointLists;
}

export interface ApplicationParts {
  readonly message: RegisterMessage;
  readonly thread: RecordedThread;
  readonly counting: CountingThread;
  readonly subscriber: Subscriber;
  readonly informed: Promise<void> | undefined;
  /** Name of the control file in `/proc`; undefined if no tracer names it so. */
  readonly controlFile: string | undefined;
  readonly onEnded: (then: (end: ProcessEnd | undefined) => void) => void;
}

/** A trouble is kept by the application, by its program, and within a longer sentence. */
const TROUBLE_COPIES = 3;

/** One registered thread: carries out its messages. */
export class Application implements RegisteredApplication, PingedThread {
  readonly thread: RecordedThread;
  readonly #services: ApplicationServices;
  readonly #shared: SharedByThreads;
  readonly #parts: ApplicationParts;
  readonly #rings = new Map<TraceChannel, Ring>();
  readonly #troubles = new Troubles();
  /** End the counts of wrong values, by the index of their counters. */
  readonly #wrongValues = new Map<number, (value: number) => void>();
  readonly #kept: PoolHolding;
  #ringCount = 0;
  #tracepoints = NO_TRACEPOINTS;
  /** Number of the newest `look` that was answered. */
  answered = 0;

  constructor(services: ApplicationServices, shared: SharedByThreads, parts: ApplicationParts) {
    this.#services = services;
    this.#shared = shared;
    this.#parts = parts;
    this.#kept = new PoolHolding(services.kept);
    this.thread = parts.thread;
  }

  get name(): string {
    const { pid, tid } = this.#parts.message;
    return `thread ${tid} of process ${pid} (${this.thread.process.program})`;
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
    if (unsent !== undefined) this.#declareAtConsumer(channel, unsent);
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
    // A thread has one ring per channel: a ring made after a stop replaces the former one.
    const former = this.#rings.get(channel);
    if (former !== undefined) rings.close(former);
    const { pid, tid, procname } = this.#parts.message;
    const owner = { pid, tid, procname, process: this.thread.process };
    const ring = rings.open(channel, descriptor, message.bytes, owner, (released) => {
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
    // Without process numbers, since threads and processes of one program have the same troubles.
    else this.#services.troubles.addStanding(this.thread, `${this.thread.process.program}: ${message} (${code})`);
  }

  /** The text counts for the user of the application; without room it is only logged. */
  #keepsTrouble(message: string): boolean {
    if (this.#troubles.has(message)) return true;
    return this.#kept.take(this.thread.uid, TROUBLE_COPIES * textWeight(message)) === undefined;
  }

  wrongValue({ channel, index, start, ...field }: WrongValueMessage): void {
    if (index % CONTROL_SLOT_COUNT !== this.#parts.message.slot) return;
    this.#wrongValues.get(index)?.(start);
    this.#wrongValues.delete(index);
    const part = this.#channel(channel)?.trace.part;
    if (part === undefined) return;
    const added = (value: number) => difference(value, start);
    const end = part.wrongValues.follow(this.thread.uid, field, () => added(counterAt(this.#parts.counting, index)));
    this.#wrongValues.set(index, (value) => end(added(value)));
  }

  tracepoints({ tracepoints }: TracepointsMessage): void {
    const { lists } = this.#shared;
    lists.release(this.#tracepoints);
    const list = lists.acquire(this.thread.uid, tracepoints);
    if (typeof list === 'string') {
      this.#log('tracepoints').warn(`${this.name}: its tracepoints are not listed: ${list}`);
      // Short, and once for each application: kept in any case.
      this.#troubles.add('its tracepoints are not listed: the share of its user is used up');
    }
    this.#tracepoints = typeof list === 'string' ? NO_TRACEPOINTS : list;
    for (const { seen } of this.#services.parts.all()) seen.add(this.withTracepoints());
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

  look(turn: number): void {
    this.#parts.subscriber.look(turn);
  }

  alive({ turn }: AliveMessage): void {
    this.answered = turn;
  }

  program({ program }: ProgramMessage): void {
    if (this.#parts.message.mainThread) this.thread.process.program = program;
  }

  goodbye(message: GoodbyeMessage): void {
    this.#services.exits.goodbye(this.thread.process, message);
  }

  ended(): void {
    const { publisher, rings, triggers, notifications, troubles } = this.#services;
    const { pid, tid, procname, mainThread } = this.#parts.message;
    const { program } = this.thread.process;
    if (mainThread) this.#reportClosedDescriptors();
    for (const [index, end] of this.#wrongValues) end(counterAt(this.#parts.counting, index));
    troubles.forget(this.thread);
    publisher.remove(this.#parts.subscriber);
    triggers.threadEnded(this.#parts.counting);
    for (const ring of this.#rings.values()) rings.close(ring);
    this.#rings.clear();
    this.#shared.lists.release(this.#tracepoints);
    this.#kept.giveBackAll();
    this.#parts.onEnded((end) => {
      const gone = { kind: 'application-gone', pid, tid, procname, program } as const;
      notifications.publish(end === undefined ? gone : { ...gone, end }, this.thread.uid);
      this.#log('ended applications').info(`${this.name} has gone${end === undefined ? '' : `: ${describeEnd(end)}`}`);
    });
  }

  /** The connection has closed. A program that closes its descriptors one by one may have closed only that so far. */
  #reportClosedDescriptors(): void {
    const { controlFile } = this.#parts;
    const { pid, process } = this.thread;
    const startTime = processStartTime(pid);
    if (controlFile === undefined || startTime === undefined) return;
    const isReported = () => {
      if (processStartTime(pid) !== startTime || !hasClosedDescriptors(pid, controlFile)) return false;
      const what = 'has closed descriptors of the tracer, or become another program';
      const sentence = `process ${pid} (${process.program}) ${what}, and is not recorded from then on (DESCRIPTORS_CLOSED)`;
      this.#services.troubles.add(this.thread, sentence);
      return true;
    };
    if (!isReported()) this.#services.timers.after(CLOSING_MS, isReported);
  }

  withTracepoints(): ListedThread {
    return { thread: this.thread, tracepoints: this.#tracepoints };
  }

  get tracepointList(): TracepointList {
    return this.#tracepoints;
  }

  /** @param tracepoints index of this application's tracepoint list in the answer */
  listed(tracepoints: number): ListedApplication {
    const { pid, tid, procname, runtime, mainThread } = this.#parts.message;
    const { process, uid } = this.thread;
    const troubles = this.#troubles.list();
    return { pid, tid, uid, procname, program: process.program, runtime, mainThread, troubles, tracepoints };
  }

  #log(about: string): Log {
    return this.#services.log.of(this.thread.uid, about);
  }

  #channel(key: number): TraceChannel | undefined {
    return this.#services.parts.traces.channelOf(key, this.thread);
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

  #declareAtConsumer(channel: TraceChannel, batch: Batch): void {
    const answer = this.#services.consumers
      .of(channel.trace.session.owner)
      .setUp({ type: 'declare-events', channel: channel.key, events: batch.events })
      .then(() => channel.identifiers.confirm(batch))
      .catch((error: unknown) => {
        channel.identifiers.withdraw(batch);
        throw error;
      })
      .finally(() => this.#shared.declarations.delete(batch));
    // Callers that wait for it handle a refusal; there may be none.
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
