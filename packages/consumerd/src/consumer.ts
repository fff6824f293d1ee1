import type { Timers } from '@ringtail/base';
import { RingtailError } from '@ringtail/base';
import type {
  ChannelUse,
  ChannelUseRequest,
  ConsumerCommand,
  OpenRingRequest,
  ReclaimRequest,
  RotateRequest,
  SessionStatistics,
  SnapshotRequest,
} from '@ringtail/protocol';
import { clearChunk, rotateChunk, type TraceChunk } from './chunk/trace-chunk.ts';
import { ConsumerError } from './consumer-error.ts';
import { channelTimersOf } from './drain/channel-timers.ts';
import { DrainLoop } from './drain/drain-loop.ts';
import type { Log } from './log.ts';
import type { FileCalls } from './output/files/file-calls.ts';
import { type Outputs, outputsOf } from './output/outputs.ts';
import { type Later, run, type Steps } from './output/sync-or-async.ts';
import { NOT_RECLAIMABLE, openDrain } from './session/open-drain.ts';
import {
  identityOf,
  isRepeated,
  type OpenChannel,
  type OpenRing,
  type OpenTrace,
  Registry,
  sessionOf,
} from './session/registry.ts';
import { Traces } from './session/traces.ts';
import { FlightRecorders } from './snapshot/flight-recorders.ts';
import type { PacketSource } from './source/packet-source.ts';
import { kindOf, type SourceKinds } from './source/source-kind.ts';
import { SOURCE_KINDS } from './source/source-kinds.ts';

export interface ConsumerOptions {
  /** System calls that write files. */
  readonly calls: FileCalls;
  readonly timers: Timers;
  /** CLOCK_MONOTONIC, nanoseconds; absent: the clock of this process. */
  readonly monotonicNs?: () => number;
  readonly log: Log;
  readonly outputs?: Outputs;
  readonly sources?: SourceKinds;
}

/** Commands that are carried out in their order. Snapshots are written in turns; channel uses are answered at once. */
export type OrderedCommand = Exclude<ConsumerCommand, SnapshotRequest | ChannelUseRequest>;

/**
 * Carries out the commands of the session daemon: opens traces, channels and rings, drains the rings in a loop, and
 * changes trace chunks.
 *
 * Keys are the session daemon's. A request that repeats an earlier one changes nothing; a request that uses its key for
 * something else is a `CONFLICT`.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #sources: SourceKinds;
  readonly #loop: DrainLoop;
  readonly #registry: Registry;
  readonly #traces: Traces;
  readonly #recorders: FlightRecorders;
  /** Settles once the last command that an output answers later is carried out. */
  #underway: Promise<unknown> | undefined;

  constructor(options: ConsumerOptions) {
    const { calls, timers, log, outputs = outputsOf(calls), sources = SOURCE_KINDS } = options;
    const registry = new Registry(log);
    this.#options = options;
    this.#sources = sources;
    this.#loop = new DrainLoop(timers);
    this.#registry = registry;
    this.#traces = new Traces({ registry, outputs, calls });
    this.#recorders = new FlightRecorders({ registry, outputs, timers, log });
    this.#loop.start();
  }

  /** Called when a producer wrote to the wake FIFO. */
  wake(): void {
    this.#loop.wake();
  }

  /**
   * Carries out a command of the session daemon, after those before it. The result comes later only where an output
   * answers later.
   *
   * @throws {RingtailError} the error to answer with: a {@link ConsumerError}, a `SpecError`, a `SourceError`
   */
  handle(command: OrderedCommand): Later<SessionStatistics | null> {
    const carryOut = () => run(this.#carryOut(command));
    const result = this.#underway === undefined ? carryOut() : this.#underway.then(carryOut);
    if (result instanceof Promise) {
      const underway: Promise<void> = result
        .then(
          () => {},
          () => {},
        )
        .then(() => {
          if (this.#underway === underway) this.#underway = undefined;
        });
      this.#underway = underway;
    }
    return result;
  }

  *#carryOut(command: OrderedCommand): Steps<SessionStatistics | null> {
    switch (command.type) {
      case 'open-trace':
        return yield* this.#traces.open(command);
      case 'open-channel':
        return yield* this.#traces.openChannel(command);
      case 'declare-events':
        return yield* this.#traces.declareEvents(command);
      case 'open-ring':
        return yield* this.#openRing(command);
      case 'close-ring': {
        const ring = this.#registry.ring(command.ring);
        yield* this.#closeRing(ring);
        return sessionOf(ring).statistics();
      }
      case 'close-trace':
        return yield* this.#closeTrace(this.#registry.trace(command.trace));
      case 'count-closed-traces':
        return this.#traces.countClosed(command);
      case 'remove-checkpoints':
        return yield* this.#traces.removeCheckpoints(command);
      case 'flush':
        for (const { drain } of this.#registry.drainedOf(command.session)) yield* drain.flush();
        return this.#statistics(command.session);
      case 'statistics':
        for (const { drain, recorder } of this.#registry.ringsOf(command.session)) {
          (drain ?? recorder)?.refreshStatistics();
        }
        return this.#statistics(command.session);
      case 'rotate':
        return yield* this.#rotate(command);
      case 'clear':
        return yield* this.#clear(command.session);
      case 'regenerate-metadata': {
        const { session, metadata } = this.#registry.trace(command.trace);
        yield* this.#recorders.finish(session.name);
        yield* metadata.setClockOffset(command.clockOffsetNs);
        return this.#statistics(session.name);
      }
      case 'reclaim':
        return yield* this.#reclaim(command);
      case 'close-session':
        return yield* this.#closeSession(command.session);
    }
  }

  /**
   * Copies the content of the rings of a flight recorder into a new snapshot, in turns: other commands are carried out
   * and other rings drained meanwhile.
   *
   * @throws {ConsumerError} `NOT_A_SNAPSHOT_SESSION`, `NOT_WRITTEN`, `DIRECTORY_REFUSED`
   */
  snapshot(request: SnapshotRequest): Promise<SessionStatistics> {
    return this.#recorders.snapshot(request);
  }

  /** Saves the content of flight recorders: the session daemon has gone without closing its sessions. */
  recoverSnapshots(now: Date): Later<void> {
    return run(this.#recorders.recover(now));
  }

  /**
   * Uses of the rings of channels. Unknown channels, those without a monitor timer and flight recorders are left out.
   */
  channelUses(keys: readonly number[]): ChannelUse[] {
    return keys.flatMap((key) => {
      const channel = this.#registry.channels.get(key);
      if (channel === undefined || channel.request.attributes.monitorTimerUs === 0) return [];
      return channel.trace.request.snapshot ? [] : [this.#useOf(channel)];
    });
  }

  #useOf(channel: OpenChannel): ChannelUse {
    const { attributes, channel: key } = channel.request;
    const rings = [...this.#registry.rings.values()].filter((ring) => ring.channel === channel);
    const uses = rings.flatMap(({ drain }) => (drain === undefined ? [] : [drain.use]));
    return {
      channel: key,
      usedBytes: Math.max(0, ...uses.map(({ usedBytes }) => usedBytes)),
      highestBytes: Math.max(0, ...uses.map(({ highestBytes }) => highestBytes)),
      ringBytes: attributes.subBufBytes * attributes.subBufCount,
    };
  }

  /**
   * Drains everything and closes all outputs. Events that cannot be written now stay in the rings, for another
   * consumer.
   */
  close(): void {
    this.#loop.stop();
    this.#recorders.close();
    for (const ring of this.#registry.rings.values()) {
      ring.drain?.leave();
      ring.drain = undefined;
    }
    for (const { metadata } of this.#registry.traces.values()) metadata.close();
  }

  *#openRing(request: OpenRingRequest): Steps<null> {
    const { rings } = this.#registry;
    if (isRepeated(rings.get(request.ring)?.request, request)) return null;
    const channel = this.#registry.channel(request.channel);
    const kind = kindOf(this.#sources, request.source);
    const ring: OpenRing = { request, channel, owner: kind.ownerOf(request.source) };
    try {
      const identity = identityOf(channel, request);
      const described = { contexts: channel.request.contexts, events: channel.events };
      if (channel.trace.request.snapshot) {
        this.#recorders.openRing(ring, kind.openForSnapshots(request.source, identity, described));
      } else yield* this.#drain(ring, kind.open(request.source, identity, described));
    } catch (error) {
      throw error instanceof RingtailError ? error.within(`a ring of ${ring.owner}`) : error;
    }
    rings.set(request.ring, ring);
    yield* this.#nameProgram(channel.trace, kind.programOf(request.source));
    return null;
  }

  /** Names the program of a ring in the metadata. A trace that lacks the name for want of space has its events. */
  *#nameProgram(
    { metadata }: OpenTrace,
    named: { readonly pid: number; readonly program: string } | undefined,
  ): Steps<void> {
    if (named === undefined) return;
    try {
      yield* metadata.addProgram(named.pid, named.program);
    } catch (error) {
      if (!(error instanceof ConsumerError)) throw error;
    }
  }

  /** Drains a ring from now on. */
  *#drain(ring: OpenRing, source: PacketSource): Steps<void> {
    try {
      const drain = yield* openDrain({
        ring,
        source,
        nowMs: () => this.#options.timers.nowMs(),
        monotonicNs: this.#options.monotonicNs ?? (() => Number(process.hrtime.bigint())),
        // Kept until its producer is gone: only then is it known how much was lost.
        onDamaged: () => ring.drain && this.#loop.remove(ring.drain),
      });
      ring.drain = drain;
      this.#loop.add(drain, channelTimersOf(ring.channel.request.attributes));
    } catch (error) {
      source.close();
      throw error;
    }
  }

  *#closeRing(ring: OpenRing): Steps<void> {
    this.#recorders.closeRing(ring);
    const { drain } = ring;
    if (drain === undefined) return;
    this.#loop.remove(drain);
    yield* drain.finish();
    ring.drain = undefined;
  }

  *#rotate({ session: name, archive }: RotateRequest): Steps<SessionStatistics> {
    if (this.#registry.tracesOf(name).some(({ request }) => request.snapshot)) {
      throw new ConsumerError('BAD_REQUEST', `session ${name} is a flight recorder: there is nothing to rotate`);
    }
    const session = this.#registry.sessions.get(name);
    const chunk = this.#chunkOf(name);
    // A session in which no program has registered has no trace chunk.
    if (chunk !== undefined) yield* rotateChunk(chunk, archive, () => session?.checkWritten());
    return this.#statistics(name);
  }

  *#clear(name: string): Steps<SessionStatistics> {
    yield* this.#recorders.clear(name);
    const chunk = this.#chunkOf(name);
    if (chunk !== undefined) yield* clearChunk(chunk);
    const open = this.#registry.ringsOf(name).flatMap(({ drain, recorder }) => (drain ?? recorder)?.statistics ?? []);
    this.#registry.sessions.get(name)?.forgetClosed(new Set(open));
    return this.#statistics(name);
  }

  *#reclaim({ session, channels, until }: ReclaimRequest): Steps<SessionStatistics> {
    let bytes: number | undefined;
    const drained = this.#registry.drainedOf(session).filter(({ request }) => channels.includes(request.channel));
    for (const { drain } of drained) {
      // Sub-buffers that were released before belong to the producer: only its thread can give their memory back.
      const reclaimed = yield* drain.reclaim(until);
      if (reclaimed !== undefined) bytes = (bytes ?? 0) + reclaimed;
    }
    if (drained.length > 0 && bytes === undefined) throw new ConsumerError('NOT_RECLAIMABLE', NOT_RECLAIMABLE);
    return { ...this.#statistics(session), bytes: bytes ?? 0 };
  }

  *#closeSession(name: string): Steps<SessionStatistics> {
    for (const trace of this.#registry.tracesOf(name)) yield* this.#closeTrace(trace);
    const statistics = this.#statistics(name);
    this.#registry.sessions.delete(name);
    return statistics;
  }

  *#closeTrace(trace: OpenTrace): Steps<SessionStatistics> {
    for (const ring of this.#registry.rings.values()) {
      if (ring.channel.trace === trace) yield* this.#closeRing(ring);
    }
    this.#registry.deleteTrace(trace);
    const statistics = trace.session.closeTrace(trace.request.trace);
    trace.metadata.close();
    return statistics;
  }

  /** Current trace chunk of a session; undefined of a flight recorder, and before the first trace. */
  #chunkOf(session: string): TraceChunk | undefined {
    const output = this.#registry.sessions.get(session)?.output;
    if (output === undefined) return undefined;
    return { output, drains: this.#registry.drainedOf(session).map(({ drain }) => drain) };
  }

  /** Statistics of a session. A session without any trace has statistics too: no program has registered in it. */
  #statistics(name: string): SessionStatistics {
    return this.#registry.session(name).statistics();
  }
}
