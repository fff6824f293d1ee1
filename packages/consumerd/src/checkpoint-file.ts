import { readSync } from 'node:fs';
import { controlChecksum } from '@ringtail/protocol';
import type { ConsumerPosition } from '@ringtail/ringbuf';
import { closeQuietly, type FileOutput, openTraceFile, writeWhole } from './file-output.ts';
import { noStatistics, type StreamStatistics } from './statistics.ts';

/** What is true once the packet with sequence number `packetSeq` is in the data stream file. */
export interface Checkpoint {
  readonly packetSeq: number;
  /** Where the ring's consumer stands once the packet is released. */
  readonly position: ConsumerPosition;
  readonly statistics: StreamStatistics;
}

const MAGIC = 0x50435452;
const SLOT_BYTES = 128;
const HEAD_BYTES = 8;
const POSITION_AT = 1;
const POSITION_NAMES = ['seq', 'bytes', 'records', 'packetSeq', 'lastTimestamp'] as const;
const STATISTICS_AT = POSITION_AT + POSITION_NAMES.length;
const STATISTICS_NAMES = Object.keys(noStatistics()) as (keyof StreamStatistics)[];

/**
 * The checkpoint file of a data stream: what a restarted consumer needs to know and cannot read from the packets.
 *
 * Two slots of 128 bytes, little-endian: u32 magic, u32 checksum of the rest (FNV-1a), then f64 values: packet sequence
 * number, position, statistics.
 *
 * Checkpoint n goes into slot n % 2 before packet n goes into the data stream file, and the ring is told after that. So
 * whenever a consumer dies, the last whole packet of the file has its checkpoint, be the ring told or not.
 */
export class CheckpointFile {
  readonly #descriptor: number;
  readonly #output: FileOutput;

  constructor(path: string, output: FileOutput) {
    this.#descriptor = openTraceFile(path);
    this.#output = output;
  }

  write(checkpoint: Checkpoint): void {
    writeWhole(this.#output, this.#descriptor, [encode(checkpoint)], (checkpoint.packetSeq % 2) * SLOT_BYTES);
  }

  /** The checkpoint of one packet, or undefined if the file does not have it. */
  find(packetSeq: number): Checkpoint | undefined {
    return this.#read().find((checkpoint) => checkpoint.packetSeq === packetSeq);
  }

  /** The newest checkpoint whose packet is in a data stream file of so many bytes. */
  newestWithin(fileBytes: number): Checkpoint | undefined {
    const within = this.#read().filter((checkpoint) => checkpoint.statistics.bytes <= fileBytes);
    return within.sort((a, b) => b.packetSeq - a.packetSeq)[0];
  }

  close(): void {
    closeQuietly(this.#descriptor);
  }

  #read(): Checkpoint[] {
    const bytes = Buffer.alloc(2 * SLOT_BYTES);
    const length = readSync(this.#descriptor, bytes, 0, bytes.length, 0);
    const slots = [bytes.subarray(0, SLOT_BYTES), bytes.subarray(SLOT_BYTES)];
    return slots
      .filter((_slot, idx) => length >= (idx + 1) * SLOT_BYTES)
      .map(decode)
      .filter((checkpoint) => checkpoint !== undefined);
  }
}

function encode({ packetSeq, position, statistics }: Checkpoint): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  const positionValues = POSITION_NAMES.map((name) => position[name]);
  const values = [packetSeq, ...positionValues, ...STATISTICS_NAMES.map((name) => statistics[name])];
  values.forEach((value, idx) => {
    slot.writeDoubleLE(value, HEAD_BYTES + idx * 8);
  });
  slot.writeUInt32LE(MAGIC, 0);
  slot.writeUInt32LE(controlChecksum(slot.subarray(HEAD_BYTES)), 4);
  return slot;
}

function decode(slot: Buffer): Checkpoint | undefined {
  if (slot.readUInt32LE(0) !== MAGIC) return undefined;
  if (slot.readUInt32LE(4) !== controlChecksum(slot.subarray(HEAD_BYTES))) return undefined;
  const value = (idx: number) => slot.readDoubleLE(HEAD_BYTES + idx * 8);
  const statistics = noStatistics();
  STATISTICS_NAMES.forEach((name, idx) => {
    statistics[name] = value(STATISTICS_AT + idx);
  });
  const [seq, bytes, records, packetSeq, lastTimestamp] = POSITION_NAMES.map((_name, idx) => value(POSITION_AT + idx));
  return {
    packetSeq: value(0),
    position: { seq, bytes, records, packetSeq, lastTimestamp } as ConsumerPosition,
    statistics,
  };
}
