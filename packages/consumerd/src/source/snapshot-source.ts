import type { CopiedPacket, Source } from './source.ts';

/** Content of a source at one moment, packet by packet, oldest first. */
export interface SourceCopy {
  /** Packets that were overwritten after this moment and before they were copied, so far. */
  readonly packetsLost: number;
  /** Copies the next packet; null after the newest. */
  next(): CopiedPacket | null;
  /** Ends the copy, perhaps before its newest packet. */
  close(): void;
}

/**
 * Source of a flight recorder's snapshots: memory that overwrites, and that nothing drains.
 *
 * A copy leaves the source as it is, and its producer goes on. Sources differ in the way to get there. A sub-buffer of
 * our ring is copied first, then checked. A ring of LTTng-UST lends one sub-buffer at a time, until the next one or the
 * end of the copy. The kernel swaps its buffer for an empty one.
 */
export interface SnapshotSource extends Source {
  /**
   * Size of the packets, headers included, that a copy may find shortly: the content of the source, and a sub-buffer
   * that is filled until then.
   */
  bytesWanted(): number;
  /**
   * Begins a copy of everything that is committed now.
   *
   * @param bytesMax copies only the newest packets, headers included, up to this size; one packet in any case
   */
  copy(bytesMax: number): SourceCopy;
}
