/** Identity that all packets of a data stream have in common. */
export interface StreamIdentity {
  readonly traceUuid: string;
  readonly streamClassId: number;
  readonly streamInstanceId: number;
}

/** The channel of a source, as the session daemon described it. */
export interface SourceChannel {
  /** Names of the contexts of each event record. */
  readonly contexts: readonly string[];
  /** Declared events as JSON text, by identifier. Events may be declared while the source is open. */
  readonly events: ReadonlyMap<number, string>;
}

/** Content of one packet, checked and copied. */
export interface CopiedPacket {
  readonly packetSeq: number;
  /** Clock values, whole cycles. */
  readonly beginTimestamp: number;
  readonly endTimestamp: number;
  /** Events discarded up to the end of the packet: since the source was made, or since a snapshot began. */
  readonly eventsDiscarded: number;
  readonly recordCount: number;
  /** Event records, back to back, in the bytes of the trace. A view: the next packet of any source may overwrite it. */
  readonly records: Uint8Array;
}

/** Counters of the producer. They only grow. */
export interface SourceCounters {
  readonly recorded: number;
  readonly discarded: number;
  readonly failed: number;
  readonly nested: number;
}

/**
 * Memory that a producer fills with the events of one data stream: a ring of ours, or a buffer of the kernel; a ring of
 * LTTng-UST later. A session drains it (`PacketSource`), or copies it for snapshots (`SnapshotSource`).
 *
 * Methods throw `SourceError` for damage. Other sources are not affected.
 */
export interface Source {
  /** Reads the counters of the producer, also of a damaged source. */
  counters(): SourceCounters;
  /** Encodes the header of a packet in the layout of the data stream class of this source. */
  encodeHeader(packet: CopiedPacket): Uint8Array;
  /** Drops everything that is committed now and returns the number of these records. Packet numbers go on. */
  drop(): number;
  close(): void;
}
