import { fstatSync, readSync } from 'node:fs';
import { type ClockCycles, UUID_BYTES } from '@ringtail/base';
import {
  encodeIndexEntry,
  PACKET_MAGIC,
  PACKET_START_BYTES,
  type PacketStart,
  readPacketStart,
  uuidBytes,
} from '@ringtail/ctf';
import type { StreamIdentity } from '../../source/source.ts';

/** Whole packets at the start of a data stream file. */
export interface WalkedPackets {
  /** Size of these packets. Bytes behind them are a packet that was not finished. */
  readonly bytes: number;
  /** Encoded index entries, one for each packet. */
  readonly indexEntries: readonly Uint8Array[];
  readonly lastPacket: PacketStart | undefined;
}

/** Values of a packet that go into its index entry. */
interface IndexedPacket {
  readonly packetSeq: number | bigint;
  readonly packetBytes: number;
  readonly beginTimestamp: number | bigint;
  readonly endTimestamp: number | bigint;
  readonly eventsDiscarded: number | bigint;
}

/**
 * Reads the packet headers of a data stream file, up to the first packet that is not whole, not in order, or not of
 * this data stream.
 *
 * @param packetSeqEnd stops before the packet with this sequence number
 */
export function walkPackets(
  descriptor: number,
  identity: StreamIdentity,
  packetSeqEnd = Number.POSITIVE_INFINITY,
): WalkedPackets {
  const fileBytes = fstatSync(descriptor).size;
  const start = Buffer.alloc(PACKET_START_BYTES);
  const indexEntries: Uint8Array[] = [];
  let bytes = 0;
  let lastPacket: PacketStart | undefined;
  while (bytes < fileBytes) {
    const length = readSync(descriptor, start, 0, start.length, bytes);
    const header = readPacketStart(start.subarray(0, length));
    if (header === null || !belongsTo(header, identity) || header.packetBytes > fileBytes - bytes) break;
    const { packetSequenceNumber, packetBytes, timestampBegin, timestampEnd, eventsDiscarded } = header;
    if (packetSequenceNumber >= packetSeqEnd) break;
    if (lastPacket !== undefined && packetSequenceNumber <= lastPacket.packetSequenceNumber) break;
    const indexed = {
      packetSeq: packetSequenceNumber,
      packetBytes,
      beginTimestamp: timestampBegin,
      endTimestamp: timestampEnd,
      eventsDiscarded,
    };
    indexEntries.push(indexEntryOf(identity, indexed, bytes));
    lastPacket = header;
    bytes += packetBytes;
  }
  return { bytes, indexEntries, lastPacket };
}

/** Whether a data stream file is empty or begins like a packet of this trace. Another file is not ours to cut. */
export function beginsLikeTrace(descriptor: number, traceUuid: string): boolean {
  const start = Buffer.alloc(4 + UUID_BYTES);
  const length = readSync(descriptor, start, 0, start.length, 0);
  const expected = Buffer.alloc(4 + UUID_BYTES);
  expected.writeUInt32LE(PACKET_MAGIC, 0);
  expected.set(uuidBytes(traceUuid), 4);
  return start.subarray(0, length).equals(expected.subarray(0, length));
}

/** Encodes the index entry of a packet at `offset` of its data stream file. */
export function indexEntryOf(identity: StreamIdentity, packet: IndexedPacket, offset: number): Uint8Array {
  const packetBits = BigInt(packet.packetBytes) * 8n;
  return encodeIndexEntry({
    offsetBytes: BigInt(offset),
    packetBits,
    contentBits: packetBits,
    timestampBegin: BigInt(packet.beginTimestamp) as ClockCycles,
    timestampEnd: BigInt(packet.endTimestamp) as ClockCycles,
    eventsDiscarded: BigInt(packet.eventsDiscarded),
    streamClassId: BigInt(identity.streamClassId),
    streamInstanceId: BigInt(identity.streamInstanceId),
    packetSequenceNumber: BigInt(packet.packetSeq),
  });
}

function belongsTo(header: PacketStart, identity: StreamIdentity): boolean {
  return (
    header.traceUuid === identity.traceUuid &&
    header.streamClassId === identity.streamClassId &&
    header.streamInstanceId === BigInt(identity.streamInstanceId)
  );
}
