import { describeError } from '@ringtail/base';
import type { Consumers } from '../../../consumer/consumers.ts';
import type { HelperPool } from '../../../helpers/helper-pool.ts';
import type { PeerLog } from '../../../log/peer-log.ts';
import type { RecordedThread } from '../../../model/application-process.ts';
import { DaemonError } from '../../../model/daemon-error.ts';
import { type Trace, type TraceChannel, tracks, type UserPart } from '../part/user-part.ts';
import type { UserParts } from '../part/user-parts.ts';
import type { RingKeeper } from './ring-keeper.ts';
import { openChannelRequest, openTraceRequest } from './trace-requests.ts';

export interface TraceKeeperOptions {
  readonly parts: UserParts;
  readonly consumers: Consumers;
  readonly rings: RingKeeper;
  readonly helpers: HelperPool;
  /** Called when ring files may come from this device. */
  readonly onRingDevice: (device: string) => void;
  /** Called when threads may record into one more trace. */
  readonly onRecordable: () => void;
  readonly hostname: string;
  readonly log: PeerLog;
}

/** Opens a trace, here and at the consumer, for every user or process that a session records. */
export class TraceKeeper {
  readonly #options: TraceKeeperOptions;
  /** Traces whose directories for rings are being made. */
  readonly #preparing = new Map<Trace, Promise<void>>();
  /** Answers of the consumer. A refused command is repeated at the next occasion. */
  readonly #answers = new WeakMap<Trace | TraceChannel, Promise<void>>();

  constructor(options: TraceKeeperOptions) {
    this.#options = options;
  }

  /**
   * Opens the traces that a session needs for these threads, as far as its trackers admit them.
   *
   * The traces are known when this returns; the promise waits for the consumer. A refusal is also a trouble of the
   * session.
   */
  async open(part: UserPart, threads: Iterable<RecordedThread>): Promise<void> {
    const traces = new Set<Trace>();
    for (const thread of threads) {
      if (tracks(part, thread)) traces.add(this.#options.parts.traces.ensure(part, thread));
    }
    await Promise.all([...traces].map((trace) => this.#openOne(trace)));
  }

  /**
   * Closes the trace of a process that has gone, once the consumer has drained its last ring or a flight recorder has
   * given it up. Resolves when the trace is closed.
   */
  async close(trace: Trace): Promise<void> {
    const { parts, consumers, rings, log } = this.#options;
    const { session, part, key, uuid } = trace;
    const link = consumers.of(session.owner);
    await rings.allClosed(trace);
    // A session that is destroyed has closed all its traces.
    if (!parts.all().includes(part)) return;
    const closed = await link.performPatiently({ type: 'close-trace', trace: key });
    if (!closed.ok) {
      const sentence = `session ${session.name}: the trace ${trace.tracePath} is not closed: ${closed.message}`;
      // Expected: the trace was never opened, or closed with its session.
      const { debug, warn } = log.of(session.owner.uid, 'closed traces');
      if (closed.code === 'NO_TRACE') debug(sentence);
      else warn(sentence);
      return;
    }
    const { output, snapshot, owner } = session;
    if (snapshot || output === null) return;
    const removed = await link.performPatiently({ type: 'remove-checkpoints', output, owner, uuid });
    if (!removed.ok)
      log
        .of(owner.uid, 'checkpoints')
        .warn(`session ${session.name}: checkpoints of ${trace.tracePath} stay: ${removed.message}`);
  }

  /**
   * Resolves when the directories for this thread's rings are made, or cannot be made; undefined if none is being made.
   */
  prepared(thread: RecordedThread): Promise<unknown> | undefined {
    const { traces } = this.#options.parts;
    const ofThread = [...this.#preparing].filter(([trace]) => traces.of(trace.part, thread) === trace);
    return ofThread.length === 0 ? undefined : Promise.allSettled(ofThread.map(([, prepared]) => prepared));
  }

  async #openOne(trace: Trace): Promise<void> {
    const { consumers, hostname } = this.#options;
    const link = consumers.of(trace.session.owner);
    try {
      // Without a directory to make, the consumer gets the command in this turn: rings may follow.
      if (!trace.isRecordable) await this.#prepare(trace);
    } catch (error) {
      this.#refused(trace, error);
    }
    const answers = [
      this.#sendOnce(trace, () => link.setUp(openTraceRequest(trace, hostname))),
      ...[...trace.channels.values()].map((channel) =>
        this.#sendOnce(channel, () => link.setUp(openChannelRequest(channel))),
      ),
    ];
    // The first refusal names the cause; refusals of the trace's channels follow from it.
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status === 'rejected') this.#refused(trace, answer.reason);
    }
  }

  #refused({ session, tracePath }: Trace, reason: unknown): never {
    const sentence = `the trace ${tracePath} cannot be written: ${describeError(reason)}`;
    session.troubles.add(sentence);
    this.#options.log.of(session.owner.uid, 'traces').error(`session ${session.name}: ${sentence}`);
    throw new DaemonError('OUTPUT_NOT_WRITABLE', sentence, { cause: reason });
  }

  /** Makes the directory for ring files; after that, threads may record into the trace. */
  #prepare(trace: Trace): Promise<void> {
    const known = this.#preparing.get(trace);
    if (known !== undefined) return known;
    const prepared = this.#makeRingDirectory(trace).finally(() => this.#preparing.delete(trace));
    this.#preparing.set(trace, prepared);
    return prepared;
  }

  async #makeRingDirectory(trace: Trace): Promise<void> {
    const { helpers, onRingDevice, onRecordable } = this.#options;
    const { session, ringDirectory, uid, gid } = trace;
    if (ringDirectory !== null && session.shmPath !== null) {
      const params = { path: ringDirectory, shmPath: session.shmPath, user: { uid, gid } };
      const device = await helpers.perform('prepare-ring-directory', session.owner, params);
      onRingDevice(device);
    }
    trace.isRecordable = true;
    onRecordable();
  }

  #sendOnce(target: Trace | TraceChannel, send: () => Promise<void>): Promise<void> {
    const known = this.#answers.get(target);
    if (known !== undefined) return known;
    const answer = (async () => send())();
    this.#answers.set(target, answer);
    answer.catch(() => this.#answers.delete(target));
    return answer;
  }
}
