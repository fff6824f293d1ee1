import {
  type Appended,
  type ClearedCounts,
  NOTHING_CLEARED,
  type OutgoingPacket,
  type RecoveredStream,
} from '../output/packet-output.ts';
import { noStatistics, type StreamStatistics } from '../output/stream-statistics.ts';
import type { SourceCounters } from '../source/source.ts';

/** Statistics and numbers of one data stream, from the packets that are appended and the counters of the producer. */
export class StreamCounts {
  /** The same object for the life of the data stream. */
  readonly statistics: StreamStatistics = noStatistics();
  /** Number of the next packet, if none is lost before it. */
  nextPacketSeq: number;
  /** Number of the first packet of the trace chunk, if that packet is not lost. */
  chunkPacketSeq: number;
  /** `events_discarded` of the last packet. */
  eventsDiscardedReported = 0;
  /** Counters at the last clear. The statistics start from them. */
  cleared: ClearedCounts = NOTHING_CLEARED;
  /** Whether the statistics cover everything that the source ever held. */
  readonly #coversAll: boolean;
  /** Records that were dropped since the last clear. */
  #dropped = 0;
  /** Committed records by the counter of the producer when it was last read. */
  #recorded = 0;

  /** @param packetSeq next packet by the position that the source stores */
  constructor(packetSeq: number, recovered: RecoveredStream | null) {
    this.nextPacketSeq = recovered?.nextPacketSeq ?? packetSeq;
    this.chunkPacketSeq = recovered?.chunkPacketSeq ?? packetSeq;
    this.#coversAll = recovered === null ? packetSeq === 0 : recovered.note !== undefined;
    if (recovered === null) return;
    Object.assign(this.statistics, recovered.statistics);
    this.eventsDiscardedReported = recovered.eventsDiscarded;
    this.cleared = recovered.note?.cleared ?? NOTHING_CLEARED;
  }

  /** Statistics once the packet is written, or is known to be lost. */
  after(packet: OutgoingPacket, appended: Appended): StreamStatistics {
    const { statistics } = this;
    const eventsDiscarded = Math.max(statistics.eventsDiscarded, packet.eventsDiscarded - this.cleared.discarded);
    if (appended === 'lost') {
      return { ...statistics, eventsDiscarded, eventsLost: statistics.eventsLost + packet.recordCount };
    }
    return {
      ...statistics,
      eventsDiscarded,
      eventsRecorded: statistics.eventsRecorded + packet.recordCount,
      packets: statistics.packets + 1,
      packetsLost: statistics.packetsLost + (packet.packetSeq - this.nextPacketSeq),
      bytes: statistics.bytes + packet.packetBytes,
    };
  }

  /** Counts a packet. */
  add(packet: OutgoingPacket, appended: Appended): void {
    Object.assign(this.statistics, this.after(packet, appended));
    this.nextPacketSeq = packet.packetSeq + 1;
    this.eventsDiscardedReported = packet.eventsDiscarded;
  }

  /** Counts records that were dropped on purpose. */
  addDropped(records: number): void {
    this.#dropped += records;
  }

  readCounters({ recorded, discarded, failed, nested }: SourceCounters): void {
    const { statistics, cleared } = this;
    this.#recorded = recorded;
    statistics.eventsDiscarded = Math.max(0, discarded - cleared.discarded);
    statistics.eventsFailed = Math.max(0, failed - cleared.failed);
    statistics.eventsNested = Math.max(0, nested - cleared.nested);
  }

  /**
   * Counts as lost every committed record that is not written. The producer of a damaged ring goes on unaware, so this
   * number grows.
   */
  countUnreadable(): void {
    if (!this.#coversAll) return;
    const committed = this.#recorded - this.cleared.recorded;
    this.statistics.eventsLost = Math.max(0, committed - this.statistics.eventsRecorded);
  }

  /** Counters from which the statistics start after a clear. @param isDamaged whether the source can still be read */
  clearedNow(isDamaged: boolean): ClearedCounts {
    const { eventsRecorded, eventsLost, eventsDiscarded, eventsFailed, eventsNested } = this.statistics;
    const { recorded, discarded, failed, nested } = this.cleared;
    return {
      recorded: isDamaged ? this.#recorded : recorded + eventsRecorded + eventsLost + this.#dropped,
      discarded: discarded + eventsDiscarded,
      failed: failed + eventsFailed,
      nested: nested + eventsNested,
    };
  }

  /** Starts the statistics anew after a clear. Packets get the numbers of the removed ones. */
  clear(cleared: ClearedCounts, eventsDiscardedReported: number): void {
    this.cleared = cleared;
    this.#dropped = 0;
    Object.assign(this.statistics, noStatistics());
    this.eventsDiscardedReported = eventsDiscardedReported;
    this.nextPacketSeq = this.chunkPacketSeq;
  }

  /** The trace chunk was archived: the next packet is the first of a new one. */
  beginChunk(): void {
    this.chunkPacketSeq = this.nextPacketSeq;
  }
}
