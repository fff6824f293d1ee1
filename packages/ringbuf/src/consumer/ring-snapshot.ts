import { RingError } from '../ring-error.ts';
import type { RingHeader } from '../ring-header.ts';
import { RingConsumer } from './consumer.ts';
import type { HeldSubBuf, PacketContent } from './packet-content.ts';
import type { RingExpectation } from './ring-reader.ts';
import { type RingStorage, unmoved } from './ring-storage.ts';

/** Content of one packet of a snapshot. */
export type SnapshotPacket = Omit<PacketContent, 'packetsLost'>;

export interface RingSnapshotOptions extends RingExpectation {
  /** Limits the snapshot to the newest packets whose sizes sum up to this at most. It has one packet in any case. */
  readonly bytesMax?: number;
  /** Size of a packet without its records. */
  readonly packetOverheadBytes?: number;
}

/** A producer that commits without pause may spoil a few reads of the open sub-buffer, but not this many. */
const NEWEST_ATTEMPTS_MAX = 8;

/**
 * Copy of the content of a ring at one moment, packet by packet, oldest first. The ring stays as it is, and its
 * producer goes on.
 *
 * The constructor copies the newest sub-buffer, with everything committed by then: it cannot be overwritten any more.
 * `next` copies the older ones. Sub-buffers that the producer has overwritten meanwhile are lost, and counted.
 *
 * Counts begin with the snapshot: events that were discarded before its first packet are not counted.
 *
 * All methods throw `RingError`: `NOT_A_RING`, `WRONG_ABI`, `UNEXPECTED`, `TRUNCATED`, `CORRUPT`, `IO`.
 */
export class RingSnapshot {
  readonly header: RingHeader;
  /** Sequence number of the first packet, if it is not lost. */
  readonly firstPacketSeq: number;
  readonly #consumer: RingConsumer;
  /** Undefined once `next` returned it, and where there is none. */
  #newest: SnapshotPacket | undefined;
  /** Reason why the newest sub-buffer cannot be copied; thrown after the other packets. */
  #damage: RingError | undefined;
  /** Sequence number behind the sub-buffers that `next` copies: all except the newest. */
  readonly #endSeq: number;
  #seq: number;
  #packetsLost = 0;
  #lastTimestamp = 0;
  #discardedBefore: number | undefined;
  #discarded = 0;

  constructor(storage: RingStorage, options: RingSnapshotOptions = {}) {
    this.#consumer = new RingConsumer(unmoved(storage), options);
    this.header = this.#consumer.header;
    const first = this.#consumer.position;
    const held = this.#consumer.held();
    const newest = this.#takeNewest(storage, held);
    this.#newest = newest;
    this.#endSeq = newest?.seq ?? held.at(-1)?.seq ?? first.seq;
    this.#seq = firstWithin(this.#closedOf(held), newest?.bytes.length ?? 0, options) ?? this.#endSeq;
    this.#consumer.skipTo(this.#seq);
    this.firstPacketSeq = first.packetSeq + this.#seq - first.seq;
  }

  /** Packets that were overwritten after the moment of the snapshot, so far. */
  get packetsLost(): number {
    return this.#packetsLost;
  }

  /** The next packet, or null after the newest. Its bytes are a view: the next call, for any ring, overwrites it. */
  next(): SnapshotPacket | null {
    const taken = this.#seq < this.#endSeq ? this.#consumer.next({ takeOpen: false }) : null;
    if (taken === null || taken.seq >= this.#endSeq) {
      this.#packetsLost += this.#endSeq - this.#seq;
      this.#seq = this.#endSeq;
      const newest = this.#newest;
      this.#newest = undefined;
      if (this.#damage !== undefined) throw this.#damage;
      return newest === undefined ? null : this.#fit(newest);
    }
    this.#consumer.release(taken);
    this.#packetsLost += taken.seq - this.#seq;
    this.#seq = taken.seq + 1;
    return this.#fit(taken);
  }

  /** The newest sub-buffer that is not empty, with everything committed in it by now; undefined if all are empty. */
  #takeNewest(storage: RingStorage, held: readonly HeldSubBuf[]): SnapshotPacket | undefined {
    const newest = held.findLast(({ bytes }) => bytes > 0);
    if (newest === undefined) return undefined;
    const consumer = new RingConsumer(unmoved(storage));
    consumer.skipTo(newest.seq);
    try {
      for (let attempt = 0; attempt < NEWEST_ATTEMPTS_MAX; attempt++) {
        const taken = consumer.next({ takeOpen: true });
        if (taken !== null) return { ...taken, bytes: Buffer.from(taken.bytes) };
      }
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      this.#damage = error;
    }
    return undefined;
  }

  /** Sub-buffers before the newest, including sub-buffers that were opened and closed since `held` was read. */
  #closedOf(held: readonly HeldSubBuf[]): HeldSubBuf[] {
    const known = held.filter(({ seq }) => seq < this.#endSeq);
    const last = held.at(-1);
    if (last === undefined) return known;
    const { subBufBytes, subBufCount } = this.header;
    for (let seq = Math.max(last.seq + 1, this.#endSeq - subBufCount); seq < this.#endSeq; seq++) {
      known.push({ seq, bytes: subBufBytes });
    }
    return known;
  }

  /** Makes clock values and counters follow on the packet before: they never go back. */
  #fit(packet: SnapshotPacket): SnapshotPacket {
    this.#discardedBefore ??= Math.min(packet.discardedAtOpen, packet.eventsDiscardedAtEnd);
    this.#discarded = Math.max(this.#discarded, packet.eventsDiscardedAtEnd - this.#discardedBefore);
    const beginTimestamp = Math.max(this.#lastTimestamp, packet.beginTimestamp);
    const endTimestamp = Math.max(beginTimestamp, packet.endTimestamp);
    this.#lastTimestamp = endTimestamp;
    return { ...packet, beginTimestamp, endTimestamp, eventsDiscardedAtEnd: this.#discarded };
  }
}

/** The oldest of the closed sub-buffers that fit into the limit beside the newest; undefined if none fits. */
function firstWithin(
  closed: readonly HeldSubBuf[],
  newestBytes: number,
  { bytesMax = Number.POSITIVE_INFINITY, packetOverheadBytes = 0 }: RingSnapshotOptions,
): number | undefined {
  let bytes = newestBytes === 0 ? 0 : newestBytes + packetOverheadBytes;
  let first: number | undefined;
  for (const subBuf of [...closed].reverse()) {
    const isNeeded = bytes === 0;
    bytes += subBuf.bytes + packetOverheadBytes;
    if (bytes > bytesMax && !isNeeded) break;
    first = subBuf.seq;
  }
  return first;
}
