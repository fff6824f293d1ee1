import type { PacketCounters } from './losses.ts';

/** Where a packet starts. */
export interface PacketPlace {
  /** Which of the data stream's sources it lies in. */
  readonly sourceIdx: number;
  readonly offsetBytes: number;
}

/** A packet as an index knows it. */
export interface PacketSummary extends PacketPlace, PacketCounters {
  /** Undefined if it extends to the end of its source. */
  readonly totalBytes: number | undefined;
  /** From the start of the packet to its padding. Infinity if it extends to the end of its source. */
  readonly contentBits: number;
  readonly beginNs: bigint | undefined;
  readonly endNs: bigint | undefined;
}
