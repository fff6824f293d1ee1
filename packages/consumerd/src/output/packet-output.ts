import type { ChannelAttributes, Destination } from '@ringtail/protocol';
import type { SourcePosition } from '../source/packet-source.ts';
import type { CopiedPacket, StreamIdentity } from '../source/source.ts';
import type { StreamStatistics } from './stream-statistics.ts';
import type { Later } from './sync-or-async.ts';

/** A packet with its header. The bytes are views: an output that answers later copies them first. */
export interface OutgoingPacket extends CopiedPacket {
  readonly header: Uint8Array;
  /** Size of header and records. */
  readonly packetBytes: number;
}

/** Counters of the source at the last clear: the statistics start from them. */
export interface ClearedCounts {
  /** Records that were committed until then and are in no file any more. */
  readonly recorded: number;
  readonly discarded: number;
  readonly failed: number;
  readonly nested: number;
}

export const NOTHING_CLEARED: ClearedCounts = { recorded: 0, discarded: 0, failed: 0, nested: 0 };

/**
 * State of a data stream after packet `packetSeq`. An output stores it with that packet, for a consumer that takes
 * over.
 */
export interface StreamNote {
  readonly packetSeq: number;
  /** Position in the source once the packet is released. Its `lastTimestamp` is the end of the packet. */
  readonly position: SourcePosition;
  /** Statistics since the session began or was cleared, over all trace chunks. */
  readonly statistics: StreamStatistics;
  readonly cleared: ClearedCounts;
  /** `events_discarded` of the packet. */
  readonly eventsDiscardedReported: number;
  /** Number of the first packet of the trace chunk, if that packet is not lost. */
  readonly chunkPacketSeq: number;
}

/** State that a former consumer left of a data stream. */
export interface RecoveredStream {
  /** `timestamp_end` and `events_discarded` of the last packet. */
  readonly endTimestamp: number;
  readonly eventsDiscarded: number;
  readonly nextPacketSeq: number;
  readonly chunkPacketSeq: number;
  /** Note stored with the last packet; undefined if it is lost. */
  readonly note: StreamNote | undefined;
  /** Statistics as of the last packet. Without a note the counts of events start from zero. */
  readonly statistics: StreamStatistics;
}

/**
 * Answer of an output to a packet: the packet is safe (`written`), or it has no place any more and counts as lost
 * (`lost`).
 */
export type Appended = 'written' | 'lost';
/** Answer that comes later: `again` means that the output does not have the packet, and is ready for it now. */
export type AppendedLater = Appended | 'again';

export interface StreamDescription extends StreamIdentity {
  readonly name: string;
  readonly channel: ChannelAttributes;
}

export interface TraceDescription {
  /** Path of the trace in a trace chunk: `ust/uid/<uid>/64-bit`, `ust/pid/<procname>-<pid>-<datetime>`. */
  readonly tracePath: string;
  readonly uuid: string;
  /** All metadata so far. It grows; `appendMetadata` says by which blocks. */
  readonly metadata: Metadata;
}

/** Metadata of a trace: its start, and blocks that are appended one by one. */
export interface Metadata {
  readonly prologue: string;
  readonly blocks: readonly string[];
}

/**
 * Output of one data stream. It takes one packet at a time.
 *
 * An `append` that answers later keeps the packet: through a lost connection, and until it knows whether the packet
 * arrived. Only then it answers, so no packet is written twice and none is lost.
 */
export interface StreamOutput {
  /** Location of the data stream, for people: a path, an address. */
  readonly location: string;
  /**
   * Continues the data stream of a former consumer: keeps its whole packets and removes a partial one.
   *
   * @param unacknowledgedSeq next packet by the position that the source stores. The source still has the packets from
   *   this number on; they are kept only where their note is there. Undefined if the source stores none: it has no
   *   packet that was taken
   * @returns null if there was never a packet
   */
  recover(unacknowledgedSeq: number | undefined): Later<RecoveredStream | null>;
  /**
   * Writes a packet together with the note that holds once it is written.
   *
   * @throws the system's error; the output is then as before, so the same packet or a longer one can be tried again
   */
  append(packet: OutgoingPacket, note: StreamNote): Appended | Promise<AppendedLater>;
  /** Sentence for a system's error of this output. Data streams that fail for one cause have the same sentence. */
  describeFailure(error: unknown): string;
  /** Replaces the note of the last packet. */
  note(note: StreamNote): void;
  /** Stores the note that holds once `clear` has removed the packets of the trace chunk. */
  noteClear(note: StreamNote): void;
  /** Undoes `noteClear`: the packets stay. */
  abandonClear(): void;
  /** Counts packets as lost that were removed from outside since the last call. Works after `close` as well. */
  checkWritten(statistics: StreamStatistics): void;
  close(): void;
}

/** Output of the metadata of one trace. */
export interface MetadataOutput {
  /** Appends blocks that the metadata lacks. Afterwards they are safe. */
  appendMetadata(blocks: readonly string[]): Later<void>;
  /** Replaces the start of the metadata in one step. */
  rewriteMetadata(prologue: string): Later<void>;
  close(): void;
}

/** Output of one trace: its metadata and its data streams. */
export interface TraceOutput extends MetadataOutput {
  /** Admits a channel before its data streams are opened. @throws {ConsumerError} `BAD_REQUEST` */
  openChannel(channel: ChannelAttributes): Later<void>;
  openStream(stream: StreamDescription): Later<StreamOutput>;
  /** Statistics of data streams that a former consumer wrote, by `StreamOutput.location`. */
  formerStatistics(): Later<ReadonlyMap<string, StreamStatistics>>;
  /** Writes metadata again that was removed or changed from outside. */
  checkWritten(): void;
}

/**
 * Output of one session: trace files today; a relay connection or a queue later.
 *
 * The packets since the last rotation are the current trace chunk. While `rotate` or `clear` works, no packet is
 * appended.
 */
export interface PacketOutput {
  /** Start of the metadata of a trace that a former consumer wrote; empty if there is none. */
  formerMetadata(tracePath: string): Later<string>;
  openTrace(trace: TraceDescription): Later<TraceOutput>;
  /** Cleans up after a rotation that a former consumer carried out, or not. Returns whether it was carried out. */
  finishRotation(archive: Destination): Later<boolean>;
  /** Closes the current trace chunk as `archive` and begins the next one. On an error the current chunk goes on. */
  rotate(archive: Destination): Later<void>;
  /** Makes parts of the current trace chunk again that were removed from outside. */
  restore(): Later<void>;
  /** Removes all packets of the current trace chunk, and all closed traces in it. The metadata of open traces stays. */
  clear(): Later<void>;
  /** Removes the notes of data streams that are closed. */
  forgetClosedStreams(): Later<void>;
  /** Removes the notes of a closed trace. */
  forgetTrace(uuid: string): Later<void>;
}
