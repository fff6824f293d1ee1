import { type Clock, describeError } from '@ringtail/base';
import type { RecoveredStream, StreamNote, StreamOutput } from '../output/packet-output.ts';
import { noStatistics, type StreamStatistics } from '../output/stream-statistics.ts';
import { type Steps, settled } from '../output/sync-or-async.ts';
import type { PacketSource, SourcePacket } from '../source/packet-source.ts';
import { SourceError } from '../source/source-error.ts';
import type { Drainable, DrainResult } from './drain-loop.ts';
import { PacketAppender } from './packet-appender.ts';
import { StreamCounts } from './stream-counts.ts';
import { type SourceUse, UseWatch } from './use-watch.ts';

/**
 * Bytes that one source may give in a round, so that others get their turn. Packets are not cut, so a source may exceed
 * it.
 */
export const ROUND_BYTES_MAX = 16 * 1024 * 1024;
/** About the longest time that an event waits in an open sub-buffer. */
export const STALE_AFTER_MS = 900;

export interface StreamDrainOptions extends Clock {
  readonly source: PacketSource;
  readonly output: StreamOutput;
  /** Owner of the source, in words. */
  readonly owner: string;
  /**
   * Whether earlier packets of the source went into the same trace, so that they are lost where nothing is left of
   * them.
   */
  readonly continuesTrace?: boolean;
  /** Whether memory is given back with every sub-buffer that is released. */
  readonly reclaims?: boolean;
  /** The clock of the trace now, in cycles; undefined if this process cannot read it. */
  readonly nowCycles: () => number | undefined;
  readonly onProblem: (sentence: string) => void;
  /** Called when the source turns out to be damaged. It gives nothing any more. */
  readonly onDamaged: () => void;
}

/**
 * Drains one source into the output of its data stream.
 *
 * A packet is released once the output has it. While an append is answered later, the source keeps its events, and the
 * producer counts events that no longer fit; so it does while the output fails. A damaged source is given up; the
 * output keeps the packets so far.
 */
export class StreamDrain implements Drainable {
  readonly #options: StreamDrainOptions;
  readonly #source: PacketSource;
  readonly #output: StreamOutput;
  readonly #counts: StreamCounts;
  readonly #appender: PacketAppender;
  readonly #useWatch: UseWatch;
  /** Whether a former consumer left packets or a note. */
  readonly #hadPackets: boolean;
  /** Whether a command keeps the loop from appending packets. */
  #isHeld = false;
  #state: 'draining' | 'damaged' | 'finished' = 'draining';

  /**
   * Opens a drain that continues where a former consumer of the same source and data stream stopped.
   *
   * @throws {SourceError} if source and data stream do not belong together; the system's error if the output cannot be
   *   repaired
   */
  static *open(options: StreamDrainOptions): Steps<StreamDrain> {
    const { storesPosition, position } = options.source;
    const recovered = yield* settled(options.output.recover(storesPosition ? position.packetSeq : undefined));
    return new StreamDrain(options, recovered);
  }

  private constructor(options: StreamDrainOptions, recovered: RecoveredStream | null) {
    this.#options = options;
    this.#source = options.source;
    this.#useWatch = new UseWatch(options.source);
    this.#output = options.output;
    const { packetSeq, records } = this.#source.position;
    this.#counts = new StreamCounts(packetSeq, recovered);
    this.#appender = new PacketAppender({
      output: this.#output,
      counts: this.#counts,
      encodeHeader: (packet) => this.#source.encodeHeader(packet),
      nowMs: options.nowMs,
      onProblem: options.onProblem,
    });
    this.#hadPackets = recovered !== null;
    const { location } = this.#output;
    if (recovered === null) {
      // Neither packets nor a note are left of the work of a former consumer.
      if (options.continuesTrace !== true || records === 0) return;
      if (!this.#source.storesPosition) {
        // A former consumer took these records, and was killed before its first packet was written.
        this.#source.moveTo({ ...this.#source.position, records: 0 });
        return;
      }
      this.statistics.eventsLost = records;
      options.onProblem(
        `${location} and its checkpoints were removed: ${records} events that were in it, or in archives, count as lost (TRACE_REMOVED)`,
      );
      return;
    }
    if (recovered.endTimestamp > 0) this.#appender.lastEndTimestamp = recovered.endTimestamp;
    const position = recovered.note?.position;
    this.#appender.lastPosition = position;
    if (position !== undefined) this.#source.moveTo(position);
    else options.onProblem(`the count of events written so far to ${location} was lost`);
  }

  /** Counts so far; the same object for the life of this drain. */
  get statistics(): StreamStatistics {
    return this.#counts.statistics;
  }

  drainClosed(): DrainResult {
    return this.#take(false);
  }

  drainStale(staleAfterMs = STALE_AFTER_MS): DrainResult {
    if (this.#appender.sinceLastPacketMs < staleAfterMs) return { packets: 0, more: false };
    return this.#take(true);
  }

  requestWake(on: boolean): void {
    this.#guarded(() => this.#source.requestWake(on));
  }

  sampleUse(): void {
    this.#guarded(() => this.#source.readUse());
    this.#useWatch.endPeriod();
  }

  /** Use as of the last sample, or of the last packet since. */
  get use(): SourceUse {
    return this.#useWatch.use;
  }

  /**
   * Drains closed sub-buffers and gives their memory back.
   *
   * @param until clock value: gives back only sub-buffers whose newest event is not newer
   * @returns bytes given back; undefined where that cannot be done without a race against the producer
   */
  *reclaim(until: number): Steps<number | undefined> {
    const { memory } = this.#source;
    if (memory === undefined) return undefined;
    const before = memory.reclaimedBytes;
    memory.reclaimReleased(until);
    yield* this.#takeAll(false);
    if (this.#options.reclaims) memory.reclaimReleased();
    else memory.keepReleased();
    return memory.reclaimedBytes - before;
  }

  /** Drains everything that is committed now, and reads the counters of the producer. */
  *flush(): Steps<void> {
    yield* this.#takeAll(true);
    this.refreshStatistics();
  }

  /** Waits for the answer to the last packet, and keeps the loop from appending another one until `resume`. */
  *hold(): Steps<void> {
    this.#isHeld = true;
    if (this.#appender.awaited !== undefined) yield this.#appender.awaited;
  }

  resume(): void {
    this.#isHeld = false;
  }

  /** The trace chunk was archived: notes that the next packet is the first of a new one. */
  beginChunk(): void {
    if (this.#state === 'finished') return;
    this.#counts.beginChunk();
    this.#appender.renewNote();
  }

  /** A former consumer archived the trace chunk: notes it, so that no later consumer looks for its packets. */
  noteChunk(): void {
    if (this.#state !== 'finished') this.#appender.renewNote();
  }

  /** Drops everything that is committed now. The drain is held. */
  drop(): void {
    this.#counts.addDropped(this.#guarded(() => this.#source.drop()) ?? 0);
  }

  /**
   * Notes where a consumer that takes over begins once the packets of the trace chunk are removed.
   *
   * @throws the system's error if that cannot be noted
   */
  prepareClear(): void {
    if (this.#state === 'finished') return;
    const note = this.#clearedNote();
    // Without packets it holds at once: else a successor would take the dropped events for removed ones.
    if (!this.#hadPackets && this.#appender.lastPosition === undefined) this.#output.note(note);
    this.#output.noteClear(note);
  }

  /** The packets that were to be removed stay. */
  abandonClear(): void {
    this.#output.abandonClear();
  }

  /**
   * The packets of the trace chunk were removed, and the source dropped its events: the statistics begin anew. Packets
   * get the numbers of the removed ones, so that they follow on the archived ones. The counter of discarded events goes
   * on.
   *
   * @throws the system's error if that cannot be noted; to be repeated then
   */
  beginAnew(): void {
    if (this.#state === 'finished') return;
    const note = this.#clearedNote();
    this.#counts.clear(note.cleared, note.eventsDiscardedReported);
    this.#appender.lastPosition = note.position;
    if (note.position.lastTimestamp > 0) this.#appender.lastEndTimestamp = note.position.lastTimestamp;
    this.#appender.endPause();
    this.#output.note(note);
    // Only now: until then, notes say that packets have these numbers.
    this.#guarded(() => this.#source.renumber(note.position.packetSeq));
  }

  /** Reads the counters of the producer. */
  refreshStatistics(): void {
    this.#guarded(() => this.#counts.readCounters(this.#source.counters()));
    if (this.#state === 'damaged') this.#countUnreadable();
    this.#appender.renewNote();
  }

  /** Drains everything, counts the packets that the output refuses as lost, and closes source and output. */
  *finish(): Steps<void> {
    if (this.#state === 'finished') return;
    // The clock is read first: events that a later consumer finds in the source are newer.
    const now = this.#options.nowCycles();
    yield* this.#takeAll(true);
    yield* this.#appendDiscardCounter(now ?? this.#appender.lastEndTimestamp);
    if (this.#hasLeft) return;
    this.refreshStatistics();
    if (this.#state === 'draining') this.#guarded(() => this.#countUnwritten());
    if (this.#state === 'damaged') this.#countUnreadable();
    this.#appender.renewNote();
    this.#close();
  }

  /**
   * Drains the packets that the output takes at once and closes source and output. All others stay in the source, for
   * another consumer.
   */
  leave(): void {
    if (this.#state === 'finished') return;
    this.#appender.endPause();
    if (this.#appender.awaited === undefined) this.#takeNow(true, this.#packetsMax, Number.POSITIVE_INFINITY);
    this.refreshStatistics();
    this.#close();
  }

  get #isSound(): boolean {
    return this.#state === 'draining';
  }

  /** Whether `leave` was called, perhaps while `finish` waited for an answer. */
  get #hasLeft(): boolean {
    return this.#state === 'finished';
  }

  /** Most packets of one drain: all that were committed at its start. Later events may wait for the next drain. */
  get #packetsMax(): number {
    return this.#source.shape.subBufCount + 2;
  }

  *#takeAll(takeOpen: boolean): Steps<void> {
    this.#appender.endPause();
    let packetsLeft = this.#packetsMax;
    for (;;) {
      if (this.#appender.awaited === undefined)
        packetsLeft -= this.#takeNow(takeOpen, packetsLeft, Number.POSITIVE_INFINITY).packets;
      if (this.#appender.awaited === undefined) return;
      const answer = yield* settled(this.#appender.awaited);
      if (answer === 'failed') return;
      if (answer !== 'again') packetsLeft -= 1;
    }
  }

  /** A round of the loop. */
  #take(takeOpen: boolean): DrainResult {
    if (this.#appender.awaited !== undefined || this.#isHeld) return { packets: 0, more: true };
    return this.#takeNow(takeOpen, Number.POSITIVE_INFINITY, ROUND_BYTES_MAX);
  }

  /** Appends packets until the source has none, or the output makes this wait. */
  #takeNow(takeOpen: boolean, packetsMax: number, bytesMax: number): DrainResult {
    let packets = 0;
    let bytes = 0;
    const more = this.#guarded(() => {
      if (this.#appender.isPaused) return true;
      while (packets < packetsMax && bytes < bytesMax && this.#isSound) {
        const baseline = this.#baselinePacket();
        const packet = baseline ?? this.#source.get({ takeOpen });
        this.#useWatch.note();
        if (packet === null) return false;
        const release = () => (baseline ? this.#source.moveTo(packet.after) : this.#source.release(packet));
        if (!this.#appender.append(packet, () => this.#guarded(release))) return true;
        packets += 1;
        bytes += packet.records.length;
      }
      return true;
    });
    return { packets, more: more ?? false };
  }

  /**
   * A packet without records for the beginning of a data stream, if events were discarded since a clear.
   *
   * A reader gets the number of discarded events by comparing the counters of two packets. The first packet of a data
   * stream has none before it to compare with: this one is it.
   */
  #baselinePacket(): SourcePacket | undefined {
    const { nextPacketSeq, eventsDiscardedReported } = this.#counts;
    const endTimestamp = this.#appender.lastEndTimestamp;
    if (nextPacketSeq > 0 || eventsDiscardedReported === 0 || endTimestamp === undefined) return undefined;
    if (this.#source.counters().discarded <= eventsDiscardedReported) return undefined;
    return this.#emptyPacket(endTimestamp - 1, endTimestamp, eventsDiscardedReported);
  }

  /** The next packet, without records. */
  #emptyPacket(beginTimestamp: number, endTimestamp: number, eventsDiscarded: number): SourcePacket {
    const { packetSeq } = this.#source.position;
    const after = { ...this.#source.position, packetSeq: packetSeq + 1, lastTimestamp: endTimestamp };
    const content = { recordCount: 0, records: new Uint8Array(0) };
    return { packetSeq, beginTimestamp, endTimestamp, eventsDiscarded, ...content, after };
  }

  /** Appends a packet without records if events were discarded after the last packet: only packets report them. */
  *#appendDiscardCounter(timestamp: number | undefined): Steps<void> {
    let isDone = false;
    const append = () => {
      if (this.#appender.isPaused) return true;
      const { discarded: eventsDiscarded } = this.#source.counters();
      if (timestamp === undefined || eventsDiscarded <= this.#counts.eventsDiscardedReported) return true;
      // As each packet, it begins at the end of the packet before and lasts a cycle or longer.
      const beginTimestamp = this.#appender.lastEndTimestamp ?? timestamp - 1;
      const endTimestamp = Math.max(beginTimestamp + 1, Math.floor(timestamp));
      const packet = this.#emptyPacket(beginTimestamp, endTimestamp, eventsDiscarded);
      this.#appender.append(packet, () => this.#guarded(() => this.#source.moveTo(packet.after)));
      return this.#appender.awaited === undefined;
    };
    while (!isDone) {
      isDone = this.#guarded(append) ?? true;
      if (this.#appender.awaited !== undefined) isDone = (yield* settled(this.#appender.awaited)) !== 'again';
    }
  }

  /** Note of the data stream without the packets of the trace chunk. */
  #clearedNote(): StreamNote {
    this.#guarded(() => this.#counts.readCounters(this.#source.counters()));
    const cleared = this.#counts.clearedNow(this.#state === 'damaged');
    const { chunkPacketSeq, eventsDiscardedReported } = this.#counts;
    return {
      packetSeq: chunkPacketSeq - 1,
      position: { ...this.#source.position, packetSeq: chunkPacketSeq },
      statistics: noStatistics(),
      cleared,
      eventsDiscardedReported: Math.max(eventsDiscardedReported, cleared.discarded),
      chunkPacketSeq,
    };
  }

  /** Counts the packets that the output refused as lost. */
  #countUnwritten(): void {
    for (let packets = 0; packets < this.#packetsMax; packets++) {
      const packet = this.#source.get({ takeOpen: true });
      if (packet === null) return;
      this.statistics.eventsLost += packet.recordCount;
      this.#source.release(packet);
    }
  }

  /** In overwrite mode it is not known how many of the unreadable events were still in the source. */
  #countUnreadable(): void {
    if (this.#source.shape.overwrites) return;
    try {
      this.#counts.readCounters(this.#source.counters());
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
    }
    this.#counts.countUnreadable();
  }

  #close(): void {
    this.#state = 'finished';
    this.#appender.close();
    this.#source.close();
  }

  /** Runs an action that reads the source; undefined if the source is damaged, or turns out to be. */
  #guarded<Result>(action: () => Result): Result | undefined {
    if (this.#state !== 'draining') return undefined;
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#state = 'damaged';
      this.#options.onProblem(`a ring of ${this.#options.owner} was given up: ${describeError(error)}`);
      this.#options.onDamaged();
      return undefined;
    }
  }
}
