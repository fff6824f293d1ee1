import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type PacketHeader, parseIndexFile, readPacketHeader } from '@ringtail/ctf';
import { RECORD_BYTES } from './test-ring.test.support.ts';

export interface ReadStream {
  readonly packets: readonly PacketHeader[];
  /** The numbers of all records, in order. */
  readonly numbers: readonly number[];
  /** Clock values of the records of each packet: the low 32 bits of the producer's clock. */
  readonly timestamps: readonly (readonly number[])[];
}

/** Reads a data stream file of a test ring's records; throws unless packets and index are whole and agree. */
export function readStream(path: string): ReadStream {
  const data = readFileSync(path);
  const packets: PacketHeader[] = [];
  const offsets: number[] = [];
  const numbers: number[] = [];
  const timestamps: number[][] = [];
  for (let at = 0; at < data.length; ) {
    const header = readPacketHeader(data.subarray(at));
    if (header === null || header.packetBytes > data.length - at) throw new Error(`no whole packet at byte ${at}`);
    const packetTimestamps: number[] = [];
    for (let i = header.headerBytes; i < header.packetBytes; i += RECORD_BYTES) {
      packetTimestamps.push(data.readUInt32LE(at + i + 2));
      numbers.push(data.readUInt32LE(at + i + 6));
    }
    timestamps.push(packetTimestamps);
    packets.push(header);
    offsets.push(at);
    at += header.packetBytes;
  }
  const index = parseIndexFile(readFileSync(join(dirname(path), 'index', `${basename(path)}.idx`)));
  const indexed = index?.entries.map((entry) => [Number(entry.offsetBytes), entry.packetSequenceNumber]);
  const expected = packets.map((packet, idx) => [offsets[idx], packet.packetSequenceNumber]);
  if (index?.trailingBytes !== 0 || JSON.stringify(indexed, text) !== JSON.stringify(expected, text)) {
    throw new Error('the index does not agree with the packets');
  }
  return { packets, numbers, timestamps };
}

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
