import { constants, openSync, readSync } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { controlChecksum } from '@ringtail/protocol';
import type { ConsumerPosition } from '@ringtail/ringbuf';
import { closeQuietly, type FileOutput, openTraceFile, writeWhole } from './file-output.ts';
import { noStatistics, type StreamStatistics } from './statistics.ts';

/** What a ring's counters said when the session was last cleared: what its statistics start from. */
export interface ClearedCounts {
  /** Records that were committed until then and are in no file any more. */
  readonly recorded: number;
  readonly discarded: number;
  readonly failed: number;
  readonly nested: number;
}

export const NOTHING_CLEARED: ClearedCounts = { recorded: 0, discarded: 0, failed: 0, nested: 0 };

/** What is true once the packet with sequence number `packetSeq` is in the data stream. */
export interface Checkpoint {
  readonly packetSeq: number;
  /** Where the ring's consumer stands once the packet is released. Its `lastTimestamp` is the packet's end. */
  readonly position: ConsumerPosition;
  /** Of the data stream since the session began or was cleared, over all its files. */
  readonly statistics: StreamStatistics;
  readonly cleared: ClearedCounts;
  /** `events_discarded` of the packet. */
  readonly eventsDiscardedTold: number;
  /** The trace file that the packet is in, and its size with the packet; 0 bytes: the trace chunk has no packet yet. */
  readonly fileNumber: number;
  readonly fileBytes: number;
  /** Number of the trace chunk's first packet, if it is not lost. */
  readonly chunkPacketSeq: number;
}

const MAGIC = 0x32435452;
const SLOT_BYTES = 256;
const HEAD_BYTES = 8;
const POSITION_NAMES = ['seq', 'bytes', 'records', 'packetSeq', 'lastTimestamp'] as const;
const CLEARED_NAMES = ['recorded', 'discarded', 'failed', 'nested'] as const;
const STATISTICS_NAMES = Object.keys(noStatistics()) as (keyof StreamStatistics)[];
const OWN_NAMES = ['packetSeq', 'eventsDiscardedTold', 'fileNumber', 'fileBytes', 'chunkPacketSeq'] as const;

/**
 * The checkpoint file of a data stream: what a restarted consumer needs to know and cannot read from the packets.
 *
 * Two slots of 256 bytes, little-endian: u32 magic, u32 checksum of the rest (FNV-1a), then f64 values: sequence number
 * and counter of the packet, its file, position, statistics, counts at the last clear.
 *
 * Checkpoint n goes into slot n % 2 before packet n goes into the data stream file, and the ring is told after that. So
 * whenever a consumer dies, the last whole packet has its checkpoint, be the ring told or not.
 */
export class CheckpointFile {
  readonly #descriptor: number;
  readonly #output: FileOutput;

  /** Opens or makes the file. */
  constructor(path: string, output: FileOutput) {
    this.#descriptor = openTraceFile(path);
    this.#output = output;
  }

  /** The checkpoints of a file, newest first; none if it is absent. */
  static read(path: string): Checkpoint[] {
    let descriptor: number;
    try {
      descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
    try {
      return readSlots(descriptor).sort((a, b) => b.packetSeq - a.packetSeq);
    } finally {
      closeQuietly(descriptor);
    }
  }

  write(checkpoint: Checkpoint): void {
    this.#writeSlot(encode(checkpoint), checkpoint.packetSeq);
  }

  /** Forgets the checkpoint of a packet that did not come into being. */
  erase(packetSeq: number): void {
    this.#writeSlot(Buffer.alloc(SLOT_BYTES), packetSeq);
  }

  close(): void {
    closeQuietly(this.#descriptor);
  }

  #writeSlot(slot: Buffer, packetSeq: number): void {
    // Before the first packet there may be a checkpoint with number -1.
    writeWhole(this.#output, this.#descriptor, [slot], Math.abs(packetSeq % 2) * SLOT_BYTES);
  }
}

function readSlots(descriptor: number): Checkpoint[] {
  const bytes = Buffer.alloc(2 * SLOT_BYTES);
  const length = readSync(descriptor, bytes, 0, bytes.length, 0);
  return [0, 1]
    .filter((idx) => length >= (idx + 1) * SLOT_BYTES)
    .map((idx) => decode(bytes.subarray(idx * SLOT_BYTES, (idx + 1) * SLOT_BYTES)))
    .filter((checkpoint) => checkpoint !== undefined);
}

function encode(checkpoint: Checkpoint): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  const values = [
    ...OWN_NAMES.map((name) => checkpoint[name]),
    ...POSITION_NAMES.map((name) => checkpoint.position[name]),
    ...STATISTICS_NAMES.map((name) => checkpoint.statistics[name]),
    ...CLEARED_NAMES.map((name) => checkpoint.cleared[name]),
  ];
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
  let at = HEAD_BYTES;
  const take = <Name extends string>(names: readonly Name[]) => {
    const values = names.map((name, idx) => [name, slot.readDoubleLE(at + idx * 8)] as const);
    at += names.length * 8;
    return Object.fromEntries(values) as Record<Name, number>;
  };
  const own = take(OWN_NAMES);
  const position: ConsumerPosition = take(POSITION_NAMES);
  const statistics: StreamStatistics = take(STATISTICS_NAMES);
  return { ...own, position, statistics, cleared: take(CLEARED_NAMES) };
}
