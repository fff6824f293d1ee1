import type { PacketCounters } from './losses.ts';

/** Where a packet starts. */
export interface PacketPlace {
  /** Which of the data stream's sources it lies in. */
  readonly sourceIdx: number;
  readonly offsetBytes: number;
}

/** A packet as an index knows it. */
export interface PacketSummary extends PacketPlace, PacketCounters {
  /** Undefined if it goes on to the end of its source. */
  readonly totalBytes: number | undefined;
  /** From the start of the packet to where its padding begins. Infinity if it goes on to the end of its source. */
  readonly contentBits: number;
  readonly beginNs: bigint | undefined;
  readonly endNs: bigint | undefined;
}
