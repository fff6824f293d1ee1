import type { CopiedPacket, Source } from './source.ts';

/**
 * Position of the consumer in a source. A consumer that takes over resumes at the position stored with the last packet.
 */
export interface SourcePosition {
  /** Sequence number of the next packet. */
  readonly packetSeq: number;
  /** End of the last packet in clock cycles; 0 before the first packet. */
  readonly lastTimestamp: number;
  /** Sub-buffer that the next packet comes from. All earlier sub-buffers are released. */
  readonly seq: number;
  /** Bytes and records of sub-buffer `seq` that are in earlier packets. */
  readonly bytes: number;
  readonly records: number;
}

/** A packet, and the position of the consumer once the packet is released. */
export interface SourcePacket extends CopiedPacket {
  readonly after: SourcePosition;
}

/** Memory of a source. */
export interface SourceShape {
  readonly subBufBytes: number;
  readonly subBufCount: number;
  /** Whether new events overwrite old ones. */
  readonly overwrites: boolean;
}

/** Memory of sub-buffers that the consumer can give back to the system as it releases them. */
export interface ReclaimableMemory {
  /** @param until clock value: gives back only sub-buffers whose newest event is not newer */
  reclaimReleased(until?: number): void;
  keepReleased(): void;
  /** Bytes given back so far. */
  readonly reclaimedBytes: number;
}

/**
 * Source of the packets of one data stream, which is drained.
 *
 * `get` gives the next packet, `release` reports that the packet is safe. Until then `get` gives the same packet again,
 * or a longer one from the same position, so a packet that could not be written is simply taken again.
 *
 * Sources differ in three points. A source that is consumed by reading it (kernel pages) keeps the content until it is
 * released. A source whose sub-buffers are taken whole (LTTng-UST) flushes the open one when `takeOpen` is set. A
 * source that stores no position (kernel pages) numbers its packets from the position that `moveTo` gives it.
 */
export interface PacketSource extends Source {
  readonly shape: SourceShape;
  /** Whether the source itself stores the position: a former consumer then released all packets before it. */
  readonly storesPosition: boolean;
  readonly position: SourcePosition;
  /** Bytes in use and not taken, as of the last `get` or `readUse`. */
  readonly waitingBytes: number;
  /** Undefined where memory cannot be given back without a race against the producer. */
  readonly memory: ReclaimableMemory | undefined;
  /**
   * Checks, describes and copies the next packet; null while there is none.
   *
   * @param options `takeOpen`: takes the committed part of the open sub-buffer as well
   */
  get(options: { readonly takeOpen: boolean }): SourcePacket | null;
  /** Releases the newest packet of `get`: the producer may reuse its memory. */
  release(packet: SourcePacket): void;
  /**
   * Moves forward to the position after a packet that a former consumer wrote and did not release.
   *
   * @throws {SourceError} `UNEXPECTED` if no packet of this source can end there
   */
  moveTo(position: SourcePosition): void;
  /** Uses packet numbers again from `packetSeq` on: the packets that had them were removed. */
  renumber(packetSeq: number): void;
  /** Reads how much of the source is in use, for `waitingBytes`. */
  readUse(): void;
  /** Asks the producer to wake the consumer when it closes a sub-buffer, or stops that. */
  requestWake(on: boolean): void;
}
