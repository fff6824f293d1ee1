import { fstatSync, readSync } from 'node:fs';
import {
  encodeIndexEntry,
  PACKET_HEADER_BYTES_MAX,
  PACKET_MAGIC,
  type PacketHeader,
  readPacketHeader,
  UUID_BYTES,
  uuidBytes,
} from '@ringtail/ctf';

/** What every packet of one data stream file has in common. */
export interface StreamIdentity {
  readonly traceUuid: string;
  readonly streamClassId: number;
  readonly streamInstanceId: number;
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/** The whole packets at the start of a data stream file. */
export interface WalkedPackets {
  /** Bytes they take; whatever follows is a torn tail. */
  readonly bytes: number;
  /** One encoded index entry each. */
  readonly indexEntries: readonly Uint8Array[];
  readonly lastPacket: PacketHeader | undefined;
}

/**
 * Walks a data stream file by its packets' headers, as far as they are whole, of this data stream and in order.
 *
 * @param packetSeqEnd packets from this sequence number on count as torn tail
 */
export function walkPackets(
  descriptor: number,
  identity: StreamIdentity,
  packetSeqEnd = Number.POSITIVE_INFINITY,
): WalkedPackets {
  const fileBytes = fstatSync(descriptor).size;
  const head = Buffer.alloc(PACKET_HEADER_BYTES_MAX);
  const indexEntries: Uint8Array[] = [];
  let bytes = 0;
  let lastPacket: PacketHeader | undefined;
  while (bytes < fileBytes) {
    const length = readSync(descriptor, head, 0, head.length, bytes);
    const header = readPacketHeader(head.subarray(0, length));
    if (header === null || !belongsTo(header, identity) || header.packetBytes > fileBytes - bytes) break;
    const { packetSequenceNumber } = header;
    if (packetSequenceNumber >= packetSeqEnd) break;
    if (lastPacket !== undefined && packetSequenceNumber <= lastPacket.packetSequenceNumber) break;
    indexEntries.push(indexEntryOf(header, bytes));
    lastPacket = header;
    bytes += header.packetBytes;
  }
  return { bytes, indexEntries, lastPacket };
}

/** Whether a data stream file is empty or begins like a packet of this trace: whatever else it is, it is not ours to cut. */
export function beginsLikeTrace(descriptor: number, traceUuid: string): boolean {
  const start = Buffer.alloc(4 + UUID_BYTES);
  const length = readSync(descriptor, start, 0, start.length, 0);
  const expected = Buffer.alloc(4 + UUID_BYTES);
  expected.writeUInt32LE(PACKET_MAGIC, 0);
  expected.set(uuidBytes(traceUuid), 4);
  return start.subarray(0, length).equals(expected.subarray(0, length));
}

/** The index entry of a packet at `offset` of its data stream file. */
export function indexEntryOf(header: PacketHeader, offset: number): Uint8Array {
  const packetBits = BigInt(header.packetBytes) * 8n;
  return encodeIndexEntry({
    offsetBytes: BigInt(offset),
    packetBits,
    contentBits: packetBits,
    timestampBegin: header.timestampBegin,
    timestampEnd: header.timestampEnd,
    eventsDiscarded: header.eventsDiscarded,
    streamClassId: BigInt(header.streamClassId),
    streamInstanceId: header.streamInstanceId,
    packetSequenceNumber: header.packetSequenceNumber,
  });
}

function belongsTo(header: PacketHeader, identity: StreamIdentity): boolean {
  return (
    header.traceUuid === identity.traceUuid &&
    header.streamClassId === identity.streamClassId &&
    header.streamInstanceId === BigInt(identity.streamInstanceId)
  );
}
