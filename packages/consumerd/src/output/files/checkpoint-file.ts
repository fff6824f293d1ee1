import { constants, openSync, readSync } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { controlChecksum } from '@ringtail/protocol';
import type { SourcePosition } from '../../source/packet-source.ts';
import type { StreamNote } from '../packet-output.ts';
import { noStatistics, type StreamStatistics } from '../stream-statistics.ts';
import { closeQuietly, type FileCalls, openTraceFile, writeWhole } from './file-calls.ts';

/** State of a data stream after a packet, with the trace file that the packet is in. */
export interface Checkpoint extends StreamNote {
  readonly fileNumber: number;
  /** Size of the file with the packet; 0: the trace chunk has no packet yet. */
  readonly fileBytes: number;
  /** Events and packets of the file, with this packet. */
  readonly fileEvents: number;
  readonly filePackets: number;
}

const MAGIC = 0x34435452;
const SLOT_BYTES = 256;
const SLOT_COUNT = 4;
const HEAD_BYTES = 8;
const POSITION_NAMES = ['seq', 'bytes', 'records', 'packetSeq', 'lastTimestamp'] as const;
const CLEARED_NAMES = ['recorded', 'discarded', 'failed', 'nested'] as const;
const STATISTICS_NAMES = Object.keys(noStatistics()) as (keyof StreamStatistics)[];
const OWN_NAMES = [
  'packetSeq',
  'eventsDiscardedReported',
  'fileNumber',
  'fileBytes',
  'fileEvents',
  'filePackets',
  'chunkPacketSeq',
] as const;

const NUMBER_COUNT = 1 + OWN_NAMES.length + POSITION_NAMES.length + STATISTICS_NAMES.length + CLEARED_NAMES.length;
/** Counts, positions and clock values are whole numbers that fit a word of 64 bits. */
const NUMBER_END = 2 ** 63;

/** Checkpoint in the file. Each has a greater generation than the checkpoint written before it. */
interface StoredCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly generation: number;
  readonly slot: number;
}

/**
 * Checkpoint file of a data stream: state that a restarted consumer needs and cannot read from the packets.
 *
 * Four slots of 256 bytes, little-endian: u32 magic, u32 checksum of the rest (FNV-1a), then f64 values: generation,
 * sequence number and counter of the packet, its file, position, statistics, counts at the last clear.
 *
 * Packets with even numbers have their checkpoints in the first two slots, packets with odd numbers in the others. Each
 * checkpoint replaces the older one of its pair. So the newest checkpoint stays whole while it is renewed, and so does
 * the checkpoint of the packet before. A checkpoint is written before its packet, and the packet is released after
 * that. So whenever a consumer dies, the last whole packet has its checkpoint, whether or not it was released.
 */
export class CheckpointFile {
  readonly #descriptor: number;
  readonly #calls: FileCalls;
  /** Generation of the checkpoint in each slot; 0 where there is none. */
  readonly #generations: number[] = new Array(SLOT_COUNT).fill(0);
  #generation = 0;

  constructor(path: string, calls: FileCalls) {
    this.#descriptor = openTraceFile(path);
    this.#calls = calls;
    for (const { generation, slot } of readSlots(this.#descriptor)) {
      this.#generations[slot] = generation;
      this.#generation = Math.max(this.#generation, generation);
    }
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
      return readSlots(descriptor).map(({ checkpoint }) => checkpoint);
    } finally {
      closeQuietly(descriptor);
    }
  }

  /** @throws the system's error; the previous checkpoint is the newest then */
  write(checkpoint: Checkpoint): void {
    // A checkpoint before the first packet has number -1.
    const first = 2 * Math.abs(checkpoint.packetSeq % 2);
    const [one = 0, other = 0] = this.#generations.slice(first);
    const slot = one <= other ? first : first + 1;
    this.#generations[slot] = 0;
    const generation = this.#generation + 1;
    this.#writeSlot(encode(checkpoint, generation), slot);
    this.#generations[slot] = generation;
    this.#generation = generation;
  }

  /**
   * Removes the newest checkpoint: its packet was not written, or its command was abandoned.
   *
   * @throws the system's error
   */
  withdraw(): void {
    const slot = this.#generations.indexOf(Math.max(...this.#generations));
    this.#generations[slot] = 0;
    this.#writeSlot(Buffer.alloc(SLOT_BYTES), slot);
  }

  close(): void {
    closeQuietly(this.#descriptor);
  }

  #writeSlot(bytes: Buffer, slot: number): void {
    writeWhole(this.#calls, this.#descriptor, [bytes], slot * SLOT_BYTES);
  }
}

/** Newest first. */
function readSlots(descriptor: number): StoredCheckpoint[] {
  const bytes = Buffer.alloc(SLOT_COUNT * SLOT_BYTES);
  const length = readSync(descriptor, bytes, 0, bytes.length, 0);
  const stored: StoredCheckpoint[] = [];
  for (let slot = 0; (slot + 1) * SLOT_BYTES <= length; slot++) {
    const decoded = decode(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES));
    if (decoded !== undefined) stored.push({ ...decoded, slot });
  }
  return stored.sort((a, b) => b.generation - a.generation);
}

function encode(checkpoint: Checkpoint, generation: number): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  const values = [
    generation,
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

function numbersOf(slot: Buffer): number[] {
  return Array.from({ length: NUMBER_COUNT }, (_, idx) => slot.readDoubleLE(HEAD_BYTES + idx * 8));
}

function decode(slot: Buffer): Omit<StoredCheckpoint, 'slot'> | undefined {
  if (slot.readUInt32LE(0) !== MAGIC) return undefined;
  if (slot.readUInt32LE(4) !== controlChecksum(slot.subarray(HEAD_BYTES))) return undefined;
  // The owner of the session can write here too, so a checksum alone does not make the words trustworthy.
  if (!numbersOf(slot).every((value) => Number.isInteger(value) && Math.abs(value) < NUMBER_END)) return undefined;
  let at = HEAD_BYTES;
  const take = <Name extends string>(names: readonly Name[]) => {
    const values = names.map((name, idx) => [name, slot.readDoubleLE(at + idx * 8)] as const);
    at += names.length * 8;
    return Object.fromEntries(values) as Record<Name, number>;
  };
  const { generation } = take(['generation']);
  const own = take(OWN_NAMES);
  const position: SourcePosition = take(POSITION_NAMES);
  const statistics: StreamStatistics = take(STATISTICS_NAMES);
  return { generation, checkpoint: { ...own, position, statistics, cleared: take(CLEARED_NAMES) } };
}
