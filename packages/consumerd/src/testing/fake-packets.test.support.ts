import { existsSync, readFileSync } from 'node:fs';
import { readPacketStart, uuidBytes } from '@ringtail/ctf';
import type { CopiedPacket, StreamIdentity } from '../source/source.ts';
import type { SubBuf } from './fake-buffer.test.support.ts';
import { RECORD_BYTES } from './test-ring.test.support.ts';

/** Packet header of LTTng-UST: packet header, and a packet context that ends with `cpu_id`. */
export const FAKE_HEADER_BYTES = 84;

/** The packet of a sub-buffer. */
export function fakePacketOf(
  { numbers, timestamps, discarded }: SubBuf,
  packetSeq: number,
  lastTimestamp: number,
): CopiedPacket {
  const beginTimestamp = lastTimestamp === 0 ? (timestamps[0] as number) - 1 : lastTimestamp;
  const endTimestamp = timestamps.at(-1) as number;
  const records = Buffer.alloc(numbers.length * RECORD_BYTES);
  for (const [idx, number] of numbers.entries()) {
    records.writeUInt32LE((timestamps[idx] as number) % 2 ** 32, idx * RECORD_BYTES + 2);
    records.writeUInt32LE(number, idx * RECORD_BYTES + 6);
  }
  return { packetSeq, beginTimestamp, endTimestamp, eventsDiscarded: discarded, recordCount: numbers.length, records };
}

export function encodeFakeHeader(identity: StreamIdentity, packet: CopiedPacket): Buffer {
  const { traceUuid, streamClassId, streamInstanceId } = identity;
  const header = Buffer.alloc(FAKE_HEADER_BYTES);
  const bits = BigInt(FAKE_HEADER_BYTES + packet.records.length) * 8n;
  header.writeUInt32LE(0xc1fc1fc1, 0);
  header.set(uuidBytes(traceUuid), 4);
  header.writeUInt32LE(streamClassId, 20);
  header.writeBigUInt64LE(BigInt(streamInstanceId), 24);
  header.writeBigUInt64LE(BigInt(packet.beginTimestamp), 32);
  header.writeBigUInt64LE(BigInt(packet.endTimestamp), 40);
  header.writeBigUInt64LE(bits, 48);
  header.writeBigUInt64LE(bits, 56);
  header.writeBigUInt64LE(BigInt(packet.packetSeq), 64);
  header.writeBigUInt64LE(BigInt(packet.eventsDiscarded), 72);
  header.writeUInt32LE(3, 80);
  return header;
}

export interface FakePacket {
  readonly packetSeq: number;
  /** Numbers of its records. */
  readonly numbers: readonly number[];
}

/** Packets of a data stream file whose headers have the size of the other ABI. */
export function fakePacketsIn(path: string): FakePacket[] {
  if (!existsSync(path)) return [];
  const data = readFileSync(path);
  const packets: FakePacket[] = [];
  for (let at = 0; at < data.length; ) {
    const start = readPacketStart(data.subarray(at));
    if (start === null) throw new Error(`no packet at byte ${at}`);
    const records = data.subarray(at + FAKE_HEADER_BYTES, at + start.packetBytes);
    packets.push({ packetSeq: Number(start.packetSequenceNumber), numbers: numbersIn(records) });
    at += start.packetBytes;
  }
  return packets;
}

/** Numbers of the records of a packet. */
export function numbersIn(records: Buffer): number[] {
  return Array.from({ length: records.length / RECORD_BYTES }, (_, idx) =>
    records.readUInt32LE(idx * RECORD_BYTES + 6),
  );
}
