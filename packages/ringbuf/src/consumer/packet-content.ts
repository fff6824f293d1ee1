import type { PacketSpan } from './packet-span.ts';
import type { ConsumerPosition } from './ring-words.ts';

/** Whole records of one sub-buffer: the content of one packet. */
export interface PacketContent extends PacketSpan {
  /** Sequence number of the sub-buffer. */
  readonly seq: number;
  /** Byte offset of the first record in the sub-buffer. */
  readonly begin: number;
  /** The records, never empty. A view: the next call of `next`, of this ring or of another, overwrites it. */
  readonly bytes: Buffer;
  /** Records in `bytes`. While the producer is writing, a record may be counted a packet too early. */
  readonly recordCount: number;
  /** Events discarded since the ring was made, up to the end of these records. */
  readonly eventsDiscardedAtEnd: number;
  /** Events discarded up to when the sub-buffer was opened. */
  readonly discardedAtOpen: number;
  /** Sub-buffers that were overwritten, in part or whole, between the packet before and this one. */
  readonly packetsLost: number;
  /** Sequence number of the packet. Numbers of lost packets are left out. */
  readonly packetSeq: number;
  /** Position once these records are released. A consumer resumes here after a crash. */
  readonly after: ConsumerPosition;
}

/** A sub-buffer with records that were not taken. */
export interface HeldSubBuf {
  readonly seq: number;
  /** Size of these records. */
  readonly bytes: number;
}

export interface RingCounters {
  readonly recorded: number;
  readonly discardedFull: number;
  readonly discardedBig: number;
  readonly failed: number;
  readonly nested: number;
}
