import { describeError, RingtailError } from '@ringtail/base';
import { parseEventSpec } from '@ringtail/ctf';
import { asUser } from '@ringtail/posix';
import type {
  ChannelUse,
  ChannelUseRequest,
  ConsumerCommand,
  CountClosedTracesRequest,
  DeclareEventsRequest,
  OpenChannelRequest,
  OpenRingRequest,
  OpenTraceRequest,
  ReclaimRequest,
  RemoveCheckpointsRequest,
  RotateRequest,
  SessionStatistics,
  SnapshotRequest,
} from '@ringtail/protocol';
import { RingError } from '@ringtail/ringbuf';
import {
  clearChunk,
  isArchived,
  removeAllCheckpoints,
  removeCheckpoints,
  rotateChunk,
  type TraceChunk,
} from './chunk/trace-chunk.ts';
import { ConsumerError } from './consumer-error.ts';
import type { Log } from './daemon/log.ts';
import { channelTimersOf } from './drain/channel-timers.ts';
import { DrainLoop } from './drain/drain-loop.ts';
import type { LoopTimers } from './drain/loop-timers.ts';
import type { RingDrain } from './drain/ring-drain.ts';
import type { FileOutput } from './output/files/file-calls.ts';
import { stateDirectoryOf } from './output/files/trace-directory.ts';
import { checkTraceFileNames } from './output/files/trace-file-names.ts';
import { TraceWriter } from './output/files/trace-writer.ts';
import { Session, type SessionPlace } from './session/session.ts';
import { recoveryDirectory } from './snapshot/recovery-directory.ts';
import { SnapshotRing } from './snapshot/snapshot-ring.ts';
import { SnapshotRuns } from './snapshot/snapshot-runs.ts';
import { writeSnapshot } from './snapshot/write-snapshot.ts';
import { NOT_RECLAIMABLE, openRing, streamNameOf } from './source/ring/open-ring.ts';

export interface ConsumerOptions {
  readonly output: FileOutput;
  readonly timers: LoopTimers;
  readonly log: Log;
}

interface OpenTrace {
  readonly request: OpenTraceRequest;
  readonly session: Session;
  readonly writer: TraceWriter;
}

interface OpenChannel {
  readonly request: OpenChannelRequest;
  readonly trace: OpenTrace;
  /** Declared events as JSON text, by identifier. */
  readonly events: Map<number, string>;
}

interface OpenRing {
  readonly request: OpenRingRequest;
  readonly session: Session;
  /** Undefined once the ring is closed, and of a flight recorder. */
  drain: RingDrain | undefined;
  /** Of a flight recorder, until the ring is closed. */
  recorder?: SnapshotRing | undefined;
}

/** What is carried out at once; a snapshot takes its time. */
export type ImmediateCommand = Exclude<ConsumerCommand, SnapshotRequest | ChannelUseRequest>;

/**
 * Everything the session daemon has asked for: traces, channels and rings, and the loop that drains the rings.
 *
 * Keys are the session daemon's. A request that repeats an earlier one changes nothing; one that uses its key for something
 * else is a `CONFLICT`.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #loop: DrainLoop;
  readonly #sessions = new Map<string, Session>();
  readonly #traces = new Map<number, OpenTrace>();
  readonly #channels = new Map<number, OpenChannel>();
  readonly #rings = new Map<number, OpenRing>();
  readonly #snapshots: SnapshotRuns;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#loop = new DrainLoop(options.timers);
    this.#snapshots = new SnapshotRuns(options.timers);
    this.#loop.start();
  }

  /** A producer wrote to the wake FIFO. */
  wake(): void {
    this.#loop.wake();
  }

  /**
   * Carries out one command of the session daemon.
   *
   * @throws {RingtailError} what to answer instead: a {@link ConsumerError}, a `SpecError`, a `RingError`
   */
  handle(command: ImmediateCommand): SessionStatistics | null {
    switch (command.type) {
      case 'open-trace':
        return this.#openTrace(command);
      case 'open-channel':
        return this.#openChannel(command);
      case 'declare-events':
        return this.#declareEvents(command);
      case 'open-ring':
        return this.#openRing(command);
      case 'close-ring': {
        const ring = this.#rings.get(command.ring);
        if (ring === undefined) throw new ConsumerError('NO_RING', `there is no ring ${command.ring}`);
        this.#finish(ring);
        return ring.session.statistics();
      }
      case 'close-trace':
        return this.#closeTrace(command.trace);
      case 'count-closed-traces':
        return this.#countClosedTraces(command);
      case 'remove-checkpoints':
        return removeCheckpointsOf(command);
      case 'flush':
        for (const { drain } of this.#ringsOf(command.session)) drain?.flush();
        return this.#statistics(command.session);
      case 'statistics':
        for (const { drain, recorder } of this.#ringsOf(command.session)) (drain ?? recorder)?.refreshStatistics();
        return this.#statistics(command.session);
      case 'rotate':
        return this.#rotate(command);
      case 'clear':
        return this.#clear(command.session);
      case 'regenerate-metadata': {
        const trace = this.#trace(command.trace);
        this.#snapshots.finish(trace.session.name);
        trace.writer.setClockOffset(command.clockOffsetNs);
        return this.#statistics(trace.session.name);
      }
      case 'reclaim':
        return this.#reclaim(command);
      case 'close-session':
        return this.#closeSession(command.session);
    }
  }

  /**
   * Copies what the rings of a flight recorder hold into a new directory, in turns: other commands are carried out and other
   * rings drained meanwhile.
   *
   * @throws {ConsumerError} `NOT_A_SNAPSHOT_SESSION`, `NOT_WRITTEN`, `DIRECTORY_REFUSED`
   */
  snapshot(request: SnapshotRequest): Promise<SessionStatistics> {
    const { session, directory } = request;
    const begin = () => this.#writeSnapshot(request);
    return this.#snapshots.write({ session, directory, begin, within: this.#asOwnerOf(session) });
  }

  /**
   * The session daemon has gone without closing its sessions: writes what flight recorders hold now, before it is lost with
   * their rings.
   */
  recoverSnapshots(now: Date): void {
    const outputs = new Map<string, string>();
    for (const { request } of this.#traces.values()) {
      if (request.snapshot && request.output !== null) outputs.set(request.session, request.output);
    }
    for (const [session, output] of outputs) {
      const recorders = this.#recordersOf(session);
      for (const recorder of recorders) recorder.refreshStatistics();
      if (recorders.every(({ statistics }) => statistics.eventsRecorded === 0)) continue;
      const directory = recoveryDirectory(output, session, now);
      try {
        const steps = this.#writeSnapshot({ type: 'snapshot', session, directory, maxBytes: null });
        this.#asOwnerOf(session)(() => {
          for (let step = steps.next(); !step.done; ) step = steps.next();
        });
        this.#options.log(`session ${session}: what it held is in ${directory}`);
      } catch (error) {
        if (!(error instanceof RingtailError)) throw error;
        this.#options.log(`session ${session}: ${describeError(error)}`);
      }
    }
  }

  /** How full the rings of channels are; those that are not known or not sampled are left out, and flight recorders, which nobody drains. */
  channelUses(keys: readonly number[]): ChannelUse[] {
    return keys.flatMap((key) => {
      const channel = this.#channels.get(key);
      if (channel === undefined || channel.request.attributes.monitorTimerUs === 0) return [];
      return channel.trace.request.snapshot ? [] : [this.#useOf(channel)];
    });
  }

  #useOf({ request: { channel, attributes } }: OpenChannel): ChannelUse {
    const rings = [...this.#rings.values()].filter((ring) => ring.request.channel === channel);
    const uses = rings.flatMap(({ drain }) => (drain === undefined ? [] : [drain.use]));
    return {
      channel,
      usedBytes: Math.max(0, ...uses.map(({ usedBytes }) => usedBytes)),
      highestBytes: Math.max(0, ...uses.map(({ highestBytes }) => highestBytes)),
      ringBytes: attributes.subBufBytes * attributes.subBufCount,
    };
  }

  /** Takes everything and closes all files. What cannot be written now stays in the rings, for another consumer. */
  close(): void {
    this.#loop.stop();
    this.#snapshots.finishAll();
    for (const ring of this.#rings.values()) {
      ring.recorder?.close();
      ring.recorder = undefined;
      ring.drain?.leave();
      ring.drain = undefined;
    }
    for (const { writer } of this.#traces.values()) writer.close();
  }

  #openTrace(request: OpenTraceRequest): null {
    if (isRepeated(this.#traces.get(request.trace)?.request, request)) return null;
    const writer = new TraceWriter(request, this.#options.output);
    const session = this.#session(request.session);
    session.place ??= placeOf(request);
    const { directory, stateDirectory, owner } = writer;
    try {
      if (stateDirectory !== null) asUser(owner, () => session.countFormer(request.trace, directory, stateDirectory));
    } catch (error) {
      writer.close();
      throw error;
    }
    this.#traces.set(request.trace, { request, session, writer });
    session.addTrace(request.trace, writer);
    return null;
  }

  #openChannel(request: OpenChannelRequest): null {
    if (isRepeated(this.#channels.get(request.channel)?.request, request)) return null;
    const trace = this.#trace(request.trace);
    for (const { request: other } of this.#channels.values()) {
      if (other.trace === request.trace) checkTraceFileNames(other.attributes, request.attributes);
    }
    trace.writer.addChannel(request);
    this.#channels.set(request.channel, { request, trace, events: new Map() });
    return null;
  }

  #declareEvents(request: DeclareEventsRequest): null {
    const channel = this.#channel(request.channel);
    const added = new Map<number, string>();
    const events = request.events.flatMap(({ id, spec }) => {
      const event = parseEventSpec(spec);
      const text = JSON.stringify(event);
      const known = channel.events.get(id) ?? added.get(id);
      if (known === text) return [];
      if (known !== undefined) throw new ConsumerError('CONFLICT', `event ${id} is ${event.name} and something else`);
      added.set(id, text);
      return [{ id, spec: event }];
    });
    channel.trace.writer.addEvents(channel.request.streamClassId, events);
    for (const [id, text] of added) channel.events.set(id, text);
    return null;
  }

  #openRing(request: OpenRingRequest): null {
    if (isRepeated(this.#rings.get(request.ring)?.request, request)) return null;
    const { trace, request: channel } = this.#channel(request.channel);
    const entry: OpenRing = { request, session: trace.session, drain: undefined };
    const owner = `thread ${request.tid} of process ${request.pid} (${request.procname})`;
    try {
      if (trace.request.snapshot) {
        const { uuid, place } = trace.request;
        entry.recorder = new SnapshotRing({ request, channel, traceUuid: uuid, place, owner });
        trace.session.addStream(channel.trace, `ring ${request.ring}`, entry.recorder.statistics);
        this.#rings.set(request.ring, entry);
        return null;
      }
      entry.drain = openRing({
        request,
        owner,
        channel,
        trace: trace.writer,
        session: trace.session,
        output: this.#options.output,
        nowMs: () => this.#options.timers.nowMs(),
        // Kept until its producer is gone: only then is it known how much was lost.
        onDamaged: () => entry.drain && this.#loop.remove(entry.drain),
      });
    } catch (error) {
      throw error instanceof RingtailError ? error.within(`a ring of ${owner}`) : error;
    }
    this.#rings.set(request.ring, entry);
    this.#loop.add(entry.drain, channelTimersOf(channel.attributes));
    return null;
  }

  #finish(ring: OpenRing): void {
    this.#finishRecorder(ring);
    const { drain } = ring;
    if (drain === undefined) return;
    ring.drain = undefined;
    this.#loop.remove(drain);
    drain.finish();
  }

  /** A snapshot that is being written still reads the ring. */
  #finishRecorder(ring: OpenRing): void {
    const { recorder } = ring;
    if (recorder === undefined) return;
    ring.recorder = undefined;
    recorder.refreshStatistics();
    this.#snapshots.afterwards(ring.session.name, () => recorder.close());
  }

  #rotate({ session, archive }: RotateRequest): SessionStatistics {
    if (this.#tracesOf(session).some(({ request }) => request.snapshot)) {
      throw new ConsumerError('BAD_REQUEST', `session ${session} writes snapshots: there is nothing to rotate`);
    }
    const chunk = this.#chunkOf(session);
    // A session in which nothing has registered has no trace chunk.
    if (chunk !== undefined) {
      if (!isArchived(chunk, archive)) this.#session(session).lookForRemoved();
      rotateChunk(chunk, archive);
      this.#session(session).chunkArchived();
    }
    return this.#statistics(session);
  }

  #clear(name: string): SessionStatistics {
    this.#snapshots.finish(name);
    for (const ring of this.#ringsOf(name)) this.#clearRecorder(ring);
    const chunk = this.#chunkOf(name);
    if (chunk !== undefined) {
      clearChunk(chunk);
      for (const { writer } of this.#tracesOf(name)) {
        const open = this.#drainedOf(name).filter(({ trace }) => trace.writer === writer);
        removeCheckpoints(writer, new Set(open.map(({ streamName }) => `${streamName}.checkpoint`)));
      }
    }
    const counted = this.#ringsOf(name).flatMap(({ drain, recorder }) => (drain ?? recorder)?.statistics ?? []);
    this.#sessions.get(name)?.forgetFormer(new Set(counted));
    return this.#statistics(name);
  }

  /** One that is damaged has nothing to drop, and does not keep the others from it. */
  #clearRecorder({ recorder, session }: OpenRing): void {
    try {
      recorder?.clear();
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      session.troubles.add(`a ring of ${recorder?.owner} could not be cleared: ${describeError(error)}`);
    }
  }

  #reclaim({ session, channels, until }: ReclaimRequest): SessionStatistics {
    const rings = this.#drainedOf(session).filter(({ request }) => channels.includes(request.channel));
    // What was taken before is in the producer's hands: nobody else can know that it is not about to be written.
    const reclaimed = rings.map(({ drain }) => drain.reclaim(until));
    if (reclaimed.length > 0 && reclaimed.every((bytes) => bytes === undefined)) {
      throw new ConsumerError('NOT_RECLAIMABLE', NOT_RECLAIMABLE);
    }
    return { ...this.#statistics(session), bytes: reclaimed.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0) };
  }

  /** What a session writes to now; undefined of a flight recorder, and before there is a trace. */
  #chunkOf(session: string): TraceChunk | undefined {
    const place = this.#sessions.get(session)?.place;
    if (place === undefined) return undefined;
    return {
      ...place,
      writers: this.#tracesOf(session).map(({ writer }) => writer),
      drains: this.#drainedOf(session).map(({ drain }) => drain),
    };
  }

  /** The rings of a session that are drained, with the names of their data streams. */
  #drainedOf(session: string) {
    return this.#ringsOf(session).flatMap(({ drain, request }) => {
      if (drain === undefined) return [];
      const { request: channel, trace } = this.#channel(request.channel);
      return [{ drain, request, trace, streamName: streamNameOf(channel, request) }];
    });
  }

  #closeSession(name: string): SessionStatistics {
    for (const { request } of this.#tracesOf(name)) this.#closeTrace(request.trace);
    const statistics = this.#statistics(name);
    this.#sessions.delete(name);
    return statistics;
  }

  #closeTrace(key: number): SessionStatistics {
    const trace = this.#trace(key);
    for (const ring of this.#rings.values()) {
      if (this.#channels.get(ring.request.channel)?.trace !== trace) continue;
      this.#finish(ring);
      this.#rings.delete(ring.request.ring);
    }
    for (const [channel, open] of this.#channels) if (open.trace === trace) this.#channels.delete(channel);
    const statistics = trace.session.closeTrace(key);
    trace.writer.close();
    this.#traces.delete(key);
    return statistics;
  }

  #countClosedTraces(request: CountClosedTracesRequest): null {
    const session = this.#session(request.session);
    session.place ??= placeOf(request);
    session.countClosedTraces(request.statistics);
    return null;
  }

  #writeSnapshot({ session, directory, maxBytes }: SnapshotRequest): Generator<void, SessionStatistics> {
    const traces = this.#tracesOf(session);
    if (traces.some(({ request }) => !request.snapshot)) {
      throw new ConsumerError(
        'NOT_A_SNAPSHOT_SESSION',
        `session ${session} is not one for snapshots: it records into files`,
      );
    }
    const { troubles } = this.#session(session);
    return writeSnapshot({
      directory,
      maxBytes,
      traces: traces.map(({ request, writer }) => ({ place: request.place, metadata: () => `${writer.text}` })),
      rings: this.#recordersOf(session),
      output: this.#options.output,
      onTrouble: (trouble) => troubles.add(trouble),
    });
  }

  /** A session without any trace is one in which nothing has registered: it has statistics too. */
  #statistics(name: string): SessionStatistics {
    return (this.#sessions.get(name) ?? new Session(name, () => {})).statistics();
  }

  #session(name: string): Session {
    let session = this.#sessions.get(name);
    if (session === undefined) {
      session = new Session(name, (trouble) => this.#options.log(`session ${name}: ${trouble}`));
      this.#sessions.set(name, session);
    }
    return session;
  }

  #trace(key: number): OpenTrace {
    const trace = this.#traces.get(key);
    if (trace === undefined) throw new ConsumerError('NO_TRACE', `there is no trace ${key}`);
    return trace;
  }

  #channel(key: number): OpenChannel {
    const channel = this.#channels.get(key);
    if (channel === undefined) throw new ConsumerError('NO_CHANNEL', `there is no channel ${key}`);
    return channel;
  }

  #tracesOf(session: string): OpenTrace[] {
    return [...this.#traces.values()].filter((trace) => trace.session.name === session);
  }

  #recordersOf(session: string): SnapshotRing[] {
    return this.#ringsOf(session).flatMap(({ recorder }) => recorder ?? []);
  }

  /** All traces of a session belong to one user; where there is none, there is nothing to write either. */
  #asOwnerOf(session: string): (run: () => void) => void {
    const owner = this.#tracesOf(session)[0]?.writer.owner;
    return owner === undefined ? (run) => run() : (run) => asUser(owner, run);
  }

  #ringsOf(session: string): OpenRing[] {
    return [...this.#rings.values()].filter((ring) => ring.session.name === session);
  }
}

/** A flight recorder has no trace chunks. */
function placeOf({ output, snapshot, owner }: OpenTraceRequest | CountClosedTracesRequest): SessionPlace | undefined {
  return snapshot || output === null ? undefined : { output, owner };
}

function removeCheckpointsOf({ output, owner, uuid }: RemoveCheckpointsRequest): null {
  removeAllCheckpoints(stateDirectoryOf(output, uuid), owner);
  return null;
}

/** Whether `request` has been carried out before. @throws {ConsumerError} `CONFLICT` */
function isRepeated<Request extends { readonly type: string }>(former: Request | undefined, request: Request): boolean {
  if (former === undefined) return false;
  // Both come out of the same check, which gives the members their order.
  if (JSON.stringify(former) === JSON.stringify(request)) return true;
  throw new ConsumerError('CONFLICT', `${request.type} uses a key that stands for something else already`);
}
