import { RingError } from '../ring-error.ts';
import type { RingHeader } from '../ring-header.ts';
import { type HeldSubBuf, RingConsumer, type RingExpectation, type Taken } from './consumer.ts';
import { type RingMedium, unmoved } from './ring-medium.ts';

/** What goes into one packet of a snapshot. */
export type SnapshotPacket = Omit<Taken, 'packetsLost'>;

export interface RingSnapshotOptions extends RingExpectation {
  /** Only the newest packets, of at most so many bytes together, but one in any case. */
  readonly bytesMax?: number;
  /** What a packet takes besides its records. */
  readonly packetOverheadBytes?: number;
}

/** A producer that commits without pause may spoil a look at the open sub-buffer, but not many. */
const NEWEST_ATTEMPTS_MAX = 8;

/**
 * A copy of what a ring holds at one moment, packet by packet, oldest first. The ring stays as it is, and its producer goes on.
 *
 * The newest sub-buffer is copied at once, when this is made: it has everything that was committed before, and nobody can
 * overwrite it any more. Older ones are copied as they are asked for. Those that the producer has taken in the
 * meantime are lost, and counted.
 *
 * Counters are those of the snapshot: events that were discarded before its first packet are not in it.
 *
 * Everything throws `RingError`: `NOT_A_RING`, `WRONG_ABI`, `UNEXPECTED`, `TRUNCATED`, `CORRUPT`, `IO`.
 */
export class RingSnapshot {
  readonly header: RingHeader;
  /** Sequence number of the first packet, if it is not lost. */
  readonly firstPacketSeq: number;
  readonly #consumer: RingConsumer;
  /** Undefined once it was given, and where there is none. */
  #newest: SnapshotPacket | undefined;
  /** Why the newest cannot be copied: told after the others. */
  #damage: RingError | undefined;
  /** Sub-buffers of the snapshot that were not given yet, the newest left out. */
  readonly #endSeq: number;
  #seq: number;
  #packetsLost = 0;
  #lastTimestamp = 0;
  #discardedBefore: number | undefined;
  #discarded = 0;

  constructor(medium: RingMedium, options: RingSnapshotOptions = {}) {
    this.#consumer = new RingConsumer(unmoved(medium), options);
    this.header = this.#consumer.header;
    const first = this.#consumer.position;
    const held = this.#consumer.held();
    const newest = this.#takeNewest(medium, held);
    this.#newest = newest;
    this.#endSeq = newest?.seq ?? held.at(-1)?.seq ?? first.seq;
    this.#seq = firstWithin(this.#closedOf(held), newest?.bytes.length ?? 0, options) ?? this.#endSeq;
    this.#consumer.skipTo(this.#seq);
    this.firstPacketSeq = first.packetSeq + this.#seq - first.seq;
  }

  /** Packets overwritten so far between the moment of the snapshot and their turn. */
  get packetsLost(): number {
    return this.#packetsLost;
  }

  /** The next packet, or null after the newest. Its bytes are a view that the next call for any ring overwrites. */
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

  /** The newest sub-buffer that has anything, with all that is committed in it by now; undefined where there is none. */
  #takeNewest(medium: RingMedium, held: readonly HeldSubBuf[]): SnapshotPacket | undefined {
    const newest = held.findLast(({ bytes }) => bytes > 0);
    if (newest === undefined) return undefined;
    const consumer = new RingConsumer(unmoved(medium));
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

  /** Sub-buffers before the newest, those included that were opened and closed since `held` was looked at. */
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

  /** Makes the packet fit those before: clock values and counters never go back. */
  #fit(packet: SnapshotPacket): SnapshotPacket {
    this.#discardedBefore ??= Math.min(packet.discardedAtOpen, packet.discardedSnapshot);
    this.#discarded = Math.max(this.#discarded, packet.discardedSnapshot - this.#discardedBefore);
    const beginTimestamp = Math.max(this.#lastTimestamp, packet.beginTimestamp);
    const endTimestamp = Math.max(beginTimestamp, packet.endTimestamp);
    this.#lastTimestamp = endTimestamp;
    return { ...packet, beginTimestamp, endTimestamp, discardedSnapshot: this.#discarded };
  }
}

/** The oldest of the closed sub-buffers that fit beside the newest; undefined if none does. */
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
