import { dirname } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import {
  type ConsumerPosition,
  packetSpan,
  type RingConsumer,
  RingError,
  RingMode,
  type Taken,
} from '@ringtail/ringbuf';
import { type ClearedCounts, NOTHING_CLEARED } from '../output/files/checkpoint-file.ts';
import type { DataStreamFile, DrainCheckpoint, StreamPacket } from '../output/files/data-stream-file.ts';
import { noStatistics, type StreamStatistics } from '../session/statistics.ts';
import type { DrainableRing, DrainResult } from './drain-loop.ts';

/** What one ring may take of a round, so that others get their turn. Packets are not cut, so one may go beyond. */
export const ROUND_BYTES_MAX = 16 * 1024 * 1024;
/** A reader of the trace sees events after about this time, even of a sub-buffer that fills slowly. */
export const STALE_AFTER_MS = 900;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 2000;

/** How much of a ring waits to be taken. */
export interface RingUse {
  readonly usedBytes: number;
  /** In the last whole period of the channel's monitor timer and since. */
  readonly highestBytes: number;
  /** What there is of it. */
  readonly ringBytes: number;
}

export interface RingDrainOptions {
  readonly ring: RingConsumer;
  /** Closes the ring's file. */
  readonly closeRing: () => void;
  readonly file: DataStreamFile;
  /** Whose ring it is, in words. */
  readonly owner: string;
  /** Whether what was taken from the ring before went into the same trace, so that it is lost where nothing is left of it. */
  readonly continuesTrace?: boolean;
  /** Whether memory is given back with every sub-buffer that is released. */
  readonly reclaims?: boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** The trace's clock now, in cycles; undefined where there is no telling. */
  readonly nowCycles: () => number | undefined;
  readonly onTrouble: (sentence: string) => void;
  /** The ring has turned out to be damaged: it gives nothing any more. */
  readonly onDamaged: () => void;
}

/**
 * Takes one ring into its data stream file.
 *
 * A packet is released only once it is in the file. While the file cannot be written the ring keeps its events, and the
 * producer counts what no longer fits. A ring that makes no sense is given up; its file keeps the packets so far.
 */
export class RingDrain implements DrainableRing {
  readonly #options: RingDrainOptions;
  readonly #ring: RingConsumer;
  readonly #file: DataStreamFile;
  #statistics = noStatistics();
  /** What the statistics start from. */
  #cleared: ClearedCounts = NOTHING_CLEARED;
  /** End of the last packet; undefined before the first. */
  #lastEndTimestamp: number | undefined;
  /** Discarded events that the data stream tells of. */
  #eventsDiscardedTold = 0;
  /** Where the ring stood after the last packet. */
  #lastPosition: ConsumerPosition | undefined;
  #lastPacketAtMs: number;
  /** Records that were dropped and are not yet among what was cleared. */
  #dropped = 0;
  /** The producer's count of committed records when last read. */
  #recordedSeen = 0;
  /** Most that waited since the use was last sampled, and in the period before. */
  #waitingBytesMax = 0;
  #highestUseBytes = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #retryDelayMs = RETRY_FIRST_MS;
  /** Whether the statistics are of all that this ring ever held. */
  readonly #countsAll: boolean;
  #state: 'draining' | 'damaged' | 'finished' = 'draining';

  /**
   * Continues where a former consumer of the same ring and file stopped.
   *
   * @throws {RingError} if ring and file do not belong together; the system's error if the file cannot be repaired
   */
  constructor(options: RingDrainOptions) {
    this.#options = options;
    this.#ring = options.ring;
    this.#file = options.file;
    this.#lastPacketAtMs = options.nowMs();
    const { packetSeq } = this.#ring.position;
    const recovered = this.#file.recover(packetSeq);
    this.#countsAll = recovered === null ? packetSeq === 0 : recovered.checkpoint !== undefined;
    if (recovered === null) {
      if (options.continuesTrace === true) this.#countFormer();
      return;
    }
    this.#lastEndTimestamp = recovered.endTimestamp === 0 ? undefined : recovered.endTimestamp;
    this.#eventsDiscardedTold = recovered.eventsDiscarded;
    this.#statistics = recovered.statistics;
    this.#cleared = recovered.checkpoint?.cleared ?? NOTHING_CLEARED;
    this.#lastPosition = recovered.checkpoint?.position;
    if (this.#lastPosition !== undefined) this.#ring.resumeAt(this.#lastPosition);
    else options.onTrouble(`the count of events written so far to ${this.#file.path} was lost`);
  }

  /** Neither a file nor a checkpoint is left of what a former consumer took. */
  #countFormer(): void {
    const { records } = this.#ring.position;
    if (records === 0) return;
    this.#statistics.eventsLost = records;
    const { path } = this.#file;
    this.#options.onTrouble(
      `${path} and its checkpoints were removed: ${records} events that were in it, or in archives, count as lost (TRACE_REMOVED)`,
    );
  }

  /** Counts so far, of the same object for the life of this ring. */
  get statistics(): StreamStatistics {
    return this.#statistics;
  }

  drainClosed(): DrainResult {
    return this.#take(false, Number.POSITIVE_INFINITY, ROUND_BYTES_MAX);
  }

  drainStale(staleAfterMs = STALE_AFTER_MS): DrainResult {
    if (this.#options.nowMs() - this.#lastPacketAtMs < staleAfterMs) return { packets: 0, more: false };
    return this.#take(true, Number.POSITIVE_INFINITY, ROUND_BYTES_MAX);
  }

  requestWake(on: boolean): void {
    this.#guarded(() => this.#ring.requestWake(on));
  }

  sampleUse(): void {
    this.#guarded(() => this.#ring.look());
    this.#highestUseBytes = Math.max(this.#waitingBytesMax, this.#ring.waitingBytes);
    this.#waitingBytesMax = this.#ring.waitingBytes;
  }

  /** As of the last sample, or of the last look since: the ring is looked at before anything is taken. */
  get use(): RingUse {
    const { subBufBytes, subBufCount } = this.#ring.header;
    return {
      usedBytes: this.#ring.waitingBytes,
      highestBytes: Math.max(this.#highestUseBytes, this.#waitingBytesMax),
      ringBytes: subBufBytes * subBufCount,
    };
  }

  /**
   * Takes what is closed, and gives the memory of that back.
   *
   * @param until clock value: only of sub-buffers whose newest event is not newer
   * @returns how many bytes that were; undefined where it cannot be done without a race against the producer
   */
  reclaim(until: number): number | undefined {
    const before = this.#ring.reclaimedBytes;
    if (!this.#ring.reclaimReleased(until)) return undefined;
    this.#take(false, this.#ring.header.subBufCount + 2, Number.POSITIVE_INFINITY);
    if (this.#options.reclaims) this.#ring.reclaimReleased();
    else this.#ring.keepReleased();
    return this.#ring.reclaimedBytes - before;
  }

  /** Takes everything that is committed now, and reads the producer's counters. */
  flush(): void {
    this.#takeAll();
    this.refreshStatistics();
  }

  /** Closes the files for a moment, in which they may be moved or removed. */
  suspend(): void {
    this.#file.suspend();
  }

  /** The files are in the archive: goes on in new ones. */
  beginChunk(): void {
    if (this.#state === 'finished') return;
    this.#file.beginChunk();
    this.#checkpoint();
  }

  /** A former consumer has archived the files: notes it, so that no successor looks for them in the trace chunk. */
  noteChunk(): void {
    if (this.#state !== 'finished') this.#checkpoint();
  }

  /** Drops everything that is committed now. */
  drop(): void {
    this.#dropped += this.#guarded(() => this.#ring.drop()) ?? 0;
  }

  /**
   * The files are about to be removed, and what was in the ring was dropped: notes where a successor begins anew.
   *
   * @throws the system's error if that cannot be noted
   */
  prepareClear(): void {
    if (this.#state === 'finished') return;
    this.#file.noteClear(this.#clearedCheckpoint());
  }

  /** The files that were to be removed stay. */
  abandonClear(): void {
    this.#file.abandonClear();
  }

  /**
   * The files have been removed and what was in the ring was dropped: the statistics begin anew, and packets get the numbers of
   * those that were removed, so that they follow on the archived ones. The counter of discarded events goes on.
   *
   * @throws the system's error if that cannot be noted; to be repeated then
   */
  beginAnew(): void {
    if (this.#state === 'finished') return;
    const checkpoint = this.#clearedCheckpoint();
    const { position, cleared, eventsDiscardedTold } = checkpoint;
    this.#cleared = cleared;
    this.#dropped = 0;
    Object.assign(this.#statistics, noStatistics());
    this.#lastPosition = position;
    if (position.lastTimestamp > 0) this.#lastEndTimestamp = position.lastTimestamp;
    this.#eventsDiscardedTold = eventsDiscardedTold;
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
    this.#file.restartChunk();
    this.#file.updateCheckpoint(checkpoint);
    // Only now: the packets that have these numbers still were told by checkpoints until then.
    this.#guarded(() => this.#ring.renumber(position.packetSeq));
  }

  /** Reads the producer's counters. */
  refreshStatistics(): void {
    this.#guarded(() => this.#readCounters());
    if (this.#state === 'damaged') this.#countUnreadable();
    this.#checkpoint();
  }

  /** Takes everything, counts as lost what cannot be written, and closes ring and file. */
  finish(): void {
    if (this.#state === 'finished') return;
    // The clock is read first: events that a successor of this consumer finds in the ring are newer.
    const now = this.#options.nowCycles();
    this.#takeAll();
    this.#writeDiscardCounter(now ?? this.#lastEndTimestamp);
    this.refreshStatistics();
    if (this.#state === 'draining') this.#guarded(() => this.#countUnwritten());
    if (this.#state === 'damaged') this.#countUnreadable();
    this.#checkpoint();
    this.#close();
  }

  /** Takes everything and closes ring and file; what cannot be written stays in the ring, for another consumer. */
  leave(): void {
    if (this.#state === 'finished') return;
    this.flush();
    this.#close();
  }

  #takeAll(): void {
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
    // A producer that goes on is not run after: what was committed at the start is in so many packets.
    this.#take(true, this.#ring.header.subBufCount + 2, Number.POSITIVE_INFINITY);
  }

  #take(takeOpen: boolean, packetsMax: number, bytesMax: number): DrainResult {
    let packets = 0;
    let bytes = 0;
    const more = this.#guarded(() => {
      if (this.#options.nowMs() < this.#retryAtMs) return true;
      while (packets < packetsMax && bytes < bytesMax) {
        const taken = this.#ring.next({ takeOpen });
        this.#waitingBytesMax = Math.max(this.#waitingBytesMax, this.#ring.waitingBytes);
        if (taken === null) return false;
        if (!this.#write(this.#packetOf(taken))) return true;
        this.#ring.release(taken);
        packets += 1;
        bytes += taken.bytes.length;
      }
      return true;
    });
    return { packets, more: more ?? false };
  }

  /** Counters of a data stream never go back, and clock values are whole, whatever the ring says. */
  #packetOf(taken: Taken): StreamPacket {
    return {
      packetSeq: taken.packetSeq,
      beginTimestamp: taken.beginTimestamp,
      endTimestamp: taken.endTimestamp,
      eventsDiscarded: Math.max(taken.discardedSnapshot, this.#eventsDiscardedTold),
      recordCount: recordCountOf(taken),
      records: taken.bytes,
      after: taken.after,
    };
  }

  /** Writes a packet without records if events were discarded after the last packet: only packets report them. */
  #writeDiscardCounter(timestamp: number | undefined): void {
    this.#guarded(() => {
      if (this.#options.nowMs() < this.#retryAtMs) return;
      const { discardedFull, discardedBig } = this.#ring.counters();
      const eventsDiscarded = discardedFull + discardedBig;
      if (timestamp === undefined || eventsDiscarded <= this.#eventsDiscardedTold) return;
      const span = packetSpan(this.#lastEndTimestamp ?? timestamp - 1, 0, timestamp);
      const { packetSeq } = this.#ring.position;
      const after = { ...this.#ring.position, packetSeq: packetSeq + 1, lastTimestamp: span.endTimestamp };
      const packet = { packetSeq, ...span, eventsDiscarded, recordCount: 0, after };
      if (this.#write({ ...packet, records: new Uint8Array(0) })) this.#ring.resumeAt(after);
    });
  }

  /** Whether the packet is in the file. If it is not, the next look waits a while. */
  #write(packet: StreamPacket): boolean {
    try {
      Object.assign(this.#statistics, this.#file.append(packet, this.#statistics, this.#cleared));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      this.#options.onTrouble(this.#describeWriteError(errno, error));
      this.#retryAtMs = this.#options.nowMs() + this.#retryDelayMs;
      this.#retryDelayMs = Math.min(2 * this.#retryDelayMs, RETRY_MAX_MS);
      return false;
    }
    this.#lastEndTimestamp = packet.endTimestamp;
    this.#eventsDiscardedTold = packet.eventsDiscarded;
    this.#lastPosition = packet.after;
    this.#lastPacketAtMs = this.#options.nowMs();
    this.#retryDelayMs = RETRY_FIRST_MS;
    return true;
  }

  #describeWriteError(errno: string, error: unknown): string {
    const directory = dirname(this.#file.path);
    if (errno === 'ENOSPC') return `disk full while writing ${directory}`;
    if (errno === 'EDQUOT') return `disk quota exceeded while writing ${directory}`;
    return `cannot write ${this.#file.path}: ${describeError(error)} (NOT_WRITTEN)`;
  }

  #noteCheckpoint(): void {
    if (this.#lastPosition !== undefined) this.#file.updateCheckpoint(this.#checkpointAt(this.#lastPosition));
  }

  #checkpointAt(position: ConsumerPosition): DrainCheckpoint {
    return {
      packetSeq: position.packetSeq - 1,
      position,
      statistics: this.#statistics,
      cleared: this.#cleared,
      eventsDiscardedTold: this.#eventsDiscardedTold,
    };
  }

  /** The data stream without the packets of the trace chunk. */
  #clearedCheckpoint(): DrainCheckpoint {
    this.#guarded(() => this.#readCounters());
    const { eventsRecorded, eventsLost, eventsDiscarded, eventsFailed, eventsNested } = this.#statistics;
    const { recorded, discarded, failed, nested } = this.#cleared;
    const isSound = this.#state === 'draining';
    const cleared = {
      recorded: isSound ? recorded + eventsRecorded + eventsLost + this.#dropped : this.#recordedSeen,
      discarded: discarded + eventsDiscarded,
      failed: failed + eventsFailed,
      nested: nested + eventsNested,
    };
    const packetSeq = this.#file.chunkPacketSeq;
    return {
      packetSeq: packetSeq - 1,
      position: { ...this.#ring.position, packetSeq },
      statistics: noStatistics(),
      cleared,
      eventsDiscardedTold: Math.max(this.#eventsDiscardedTold, cleared.discarded),
    };
  }

  #checkpoint(): void {
    try {
      this.#noteCheckpoint();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.#options.onTrouble(this.#describeWriteError(errnoOf(error) ?? '', error));
    }
  }

  #readCounters(): void {
    const { recorded, discardedFull, discardedBig, failed, nested } = this.#ring.counters();
    this.#recordedSeen = recorded;
    this.#statistics.eventsDiscarded = Math.max(0, discardedFull + discardedBig - this.#cleared.discarded);
    this.#statistics.eventsFailed = Math.max(0, failed - this.#cleared.failed);
    this.#statistics.eventsNested = Math.max(0, nested - this.#cleared.nested);
  }

  /** What is still in the ring could not be written. */
  #countUnwritten(): void {
    for (let packets = 0; packets < this.#ring.header.subBufCount + 2; packets++) {
      const taken = this.#ring.next({ takeOpen: true });
      if (taken === null) return;
      this.#statistics.eventsLost += recordCountOf(taken);
      this.#ring.release(taken);
    }
  }

  /**
   * What has been recorded until now and is not in the file. The producer of a damaged ring goes on unaware, so this grows.
   * In overwrite mode nobody knows how much of it was still there.
   */
  #countUnreadable(): void {
    if (!this.#countsAll || this.#ring.header.mode === RingMode.OVERWRITE) return;
    try {
      this.#readCounters();
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
    }
    const committed = this.#recordedSeen - this.#cleared.recorded;
    this.#statistics.eventsLost = Math.max(0, committed - this.#statistics.eventsRecorded);
  }

  #close(): void {
    this.#state = 'finished';
    this.#file.close();
    this.#options.closeRing();
  }

  /** Runs what reads the ring; undefined if the ring is of no use, or turns out not to be. */
  #guarded<Result>(run: () => Result): Result | undefined {
    if (this.#state !== 'draining') return undefined;
    try {
      return run();
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      this.#state = 'damaged';
      this.#options.onTrouble(`a ring of ${this.#options.owner} was given up: ${describeError(error)}`);
      this.#options.onDamaged();
      return undefined;
    }
  }
}

/** A record takes a byte at least: a ring that claims more records than that cannot blow up the counts. */
function recordCountOf({ recordCount, bytes }: Taken): number {
  return Math.min(recordCount, bytes.length);
}
