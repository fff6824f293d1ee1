import { describeError } from '@ringtail/base';
import type { PeerLog } from '../log/peer-log.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { type RecordedThread, type Session, type Trace, type TraceChannel, tracks } from '../model/session.ts';
import type { SessionRegistry } from '../model/session-registry.ts';
import type { Places } from '../places/places.ts';
import { openChannelCommand, openTraceCommand } from './consumer-commands.ts';
import type { Consumers } from './consumers.ts';
import type { RingKeeper } from './ring-keeper.ts';

export interface TraceKeeperOptions {
  readonly registry: SessionRegistry;
  readonly consumers: Consumers;
  readonly rings: RingKeeper;
  readonly places: Places;
  /** Ring files may come that are on this device. */
  readonly onRingDevice: (device: string) => void;
  /** Threads may be told of a trace of which they could not be told before. */
  readonly onRecordable: () => void;
  readonly hostname: string;
  readonly log: PeerLog;
}

/** Sees to it that every user or process that a session records has a trace, and that the consumer knows of it. */
export class TraceKeeper {
  readonly #options: TraceKeeperOptions;
  /** Traces whose directories for rings are being made. */
  readonly #preparing = new Map<Trace, Promise<void>>();
  /** What the consumer has been told of; what it refused is told again at the next occasion. */
  readonly #told = new WeakMap<Trace | TraceChannel, Promise<void>>();

  constructor(options: TraceKeeperOptions) {
    this.#options = options;
  }

  /**
   * Opens the traces that a session needs for these threads, as far as its trackers let them be recorded and they are not open.
   *
   * The traces are known when this returns; the promise is that of the consumer's answers. What is refused is a
   * trouble of the session as well.
   */
  async open(session: Session, threads: Iterable<RecordedThread>): Promise<void> {
    const traces = new Set<Trace>();
    for (const thread of threads) {
      if (tracks(session, thread)) traces.add(this.#options.registry.traces.ensure(session, thread));
    }
    await Promise.all([...traces].map((trace) => this.#openOne(trace)));
  }

  /**
   * The process of this trace has gone: has the consumer close it as soon as its last ring is taken, or given up by a flight
   * recorder. Resolves when that is done.
   */
  async close(trace: Trace): Promise<void> {
    const { registry, consumers, rings, log } = this.#options;
    const { session, key, uuid } = trace;
    const link = consumers.of(session.owner);
    await rings.allClosed(trace);
    // A session that is gone has been closed with all its traces.
    if (!registry.sessions().includes(session)) return;
    const closed = await link.performPatiently({ type: 'close-trace', trace: key });
    if (!closed.ok) {
      const sentence = `session ${session.name}: the trace ${trace.place} is not closed: ${closed.message}`;
      // One that the consumer refused to open, or closes with its session, is none of which it knows.
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
        .warn(`session ${session.name}: checkpoints of ${trace.place} stay: ${removed.message}`);
  }

  /**
   * Resolves when every directory that is being made for rings of this thread is there, or cannot be; undefined where none is
   * being made.
   */
  prepared(thread: RecordedThread): Promise<unknown> | undefined {
    const { registry } = this.#options;
    const ofThread = [...this.#preparing].filter(([trace]) => registry.traces.of(trace.session, thread) === trace);
    return ofThread.length === 0 ? undefined : Promise.allSettled(ofThread.map(([, prepared]) => prepared));
  }

  async #openOne(trace: Trace): Promise<void> {
    const { consumers, hostname } = this.#options;
    const link = consumers.of(trace.session.owner);
    try {
      // Where nothing is to be made, the consumer is told in this very turn: rings may follow.
      if (!trace.isRecordable) await this.#prepare(trace);
    } catch (error) {
      this.#refused(trace, error);
    }
    const answers = [
      this.#tell(trace, () => link.setUp(openTraceCommand(trace, hostname))),
      ...[...trace.channels.values()].map((channel) =>
        this.#tell(channel, () => link.setUp(openChannelCommand(channel))),
      ),
    ];
    // The first refusal has the cause; a channel of a trace that could not be opened only follows from it.
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status === 'rejected') this.#refused(trace, answer.reason);
    }
  }

  #refused({ session, place }: Trace, reason: unknown): never {
    const sentence = `the trace ${place} cannot be written: ${describeError(reason)}`;
    session.troubles.add(sentence);
    this.#options.log.of(session.owner.uid, 'traces').error(`session ${session.name}: ${sentence}`);
    throw new DaemonError('OUTPUT_NOT_WRITABLE', sentence, { cause: reason });
  }

  /** Makes the directory for ring files: threads are told of the trace when it is there. */
  #prepare(trace: Trace): Promise<void> {
    const known = this.#preparing.get(trace);
    if (known !== undefined) return known;
    const prepared = this.#makeRingDirectory(trace).finally(() => this.#preparing.delete(trace));
    this.#preparing.set(trace, prepared);
    return prepared;
  }

  async #makeRingDirectory(trace: Trace): Promise<void> {
    const { places, onRingDevice, onRecordable } = this.#options;
    const { session, ringDirectory, uid, gid } = trace;
    if (ringDirectory !== null && session.shmPath !== null) {
      const params = { path: ringDirectory, shmPath: session.shmPath, user: { uid, gid } };
      const device = await places.perform('prepare-ring-directory', session.owner, params);
      onRingDevice(device);
    }
    trace.isRecordable = true;
    onRecordable();
  }

  #tell(what: Trace | TraceChannel, tell: () => Promise<void>): Promise<void> {
    const known = this.#told.get(what);
    if (known !== undefined) return known;
    const answer = (async () => tell())();
    this.#told.set(what, answer);
    answer.catch(() => this.#told.delete(what));
    return answer;
  }
}
