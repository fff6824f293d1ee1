import type { ClockCycles } from '@ringtail/base';

/**
 * LTTng's packet index: one file per data stream file, all words big-endian.
 *
 *   0     u32 magic, u32 major, u32 minor, u32 bytes per entry
 *   16    entries, 9 u64 each: offset (bytes), packet_size, content_size (bits), timestamp_begin, timestamp_end,
 *         events_discarded, stream_id, stream_instance_id, packet_seq_num
 */
export interface IndexEntry {
  /** Of the packet in the data stream file. */
  readonly offsetBytes: bigint;
  readonly packetBits: bigint;
  readonly contentBits: bigint;
  readonly timestampBegin: ClockCycles;
  readonly timestampEnd: ClockCycles;
  readonly eventsDiscarded: bigint;
  readonly streamClassId: bigint;
  readonly streamInstanceId: bigint;
  readonly packetSequenceNumber: bigint;
}

/** The content of an index file, as far as it is whole. */
export interface IndexFile {
  readonly entries: readonly IndexEntry[];
  /** Bytes behind the last whole entry: not 0 where a writer was interrupted. */
  readonly trailingBytes: number;
}

const INDEX_MAGIC = 0xc1f1dcc1;
const INDEX_MAJOR = 1;
const INDEX_MINOR = 1;
export const INDEX_HEADER_BYTES = 16;
export const INDEX_ENTRY_BYTES = 72;

export function encodeIndexHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(INDEX_HEADER_BYTES));
  view.setUint32(0, INDEX_MAGIC);
  view.setUint32(4, INDEX_MAJOR);
  view.setUint32(8, INDEX_MINOR);
  view.setUint32(12, INDEX_ENTRY_BYTES);
  return new Uint8Array(view.buffer);
}

export function encodeIndexEntry(entry: IndexEntry): Uint8Array {
  const view = new DataView(new ArrayBuffer(INDEX_ENTRY_BYTES));
  view.setBigUint64(0, entry.offsetBytes);
  view.setBigUint64(8, entry.packetBits);
  view.setBigUint64(16, entry.contentBits);
  view.setBigUint64(24, entry.timestampBegin);
  view.setBigUint64(32, entry.timestampEnd);
  view.setBigUint64(40, entry.eventsDiscarded);
  view.setBigUint64(48, entry.streamClassId);
  view.setBigUint64(56, entry.streamInstanceId);
  view.setBigUint64(64, entry.packetSequenceNumber);
  return new Uint8Array(view.buffer);
}

/**
 * Reads an index file of version 1.1.
 *
 * @returns null where it is none: an index is an aid, so a reader without one reads the packets' headers instead
 */
export function parseIndexFile(bytes: Uint8Array): IndexFile | null {
  if (bytes.length < INDEX_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== INDEX_MAGIC) return null;
  if (view.getUint32(4) !== INDEX_MAJOR || view.getUint32(8) !== INDEX_MINOR) return null;
  if (view.getUint32(12) !== INDEX_ENTRY_BYTES) return null;
  const entryCount = Math.floor((bytes.length - INDEX_HEADER_BYTES) / INDEX_ENTRY_BYTES);
  return {
    entries: Array.from({ length: entryCount }, (_, i) => parseEntry(view, INDEX_HEADER_BYTES + i * INDEX_ENTRY_BYTES)),
    trailingBytes: (bytes.length - INDEX_HEADER_BYTES) % INDEX_ENTRY_BYTES,
  };
}

function parseEntry(view: DataView, at: number): IndexEntry {
  return {
    offsetBytes: view.getBigUint64(at),
    packetBits: view.getBigUint64(at + 8),
    contentBits: view.getBigUint64(at + 16),
    timestampBegin: view.getBigUint64(at + 24) as ClockCycles,
    timestampEnd: view.getBigUint64(at + 32) as ClockCycles,
    eventsDiscarded: view.getBigUint64(at + 40),
    streamClassId: view.getBigUint64(at + 48),
    streamInstanceId: view.getBigUint64(at + 56),
    packetSequenceNumber: view.getBigUint64(at + 64),
  };
}
