import {
  CONSUMER_LINE_BYTES,
  ConsumerLine,
  DESCRIPTOR_BYTES,
  DESCRIPTORS_OFFSET,
  headerBytesFor,
  RingMode,
} from '../abi.ts';
import { RingError } from '../ring-error.ts';
import { HEADER_WORDS_BYTES, parseHeader, type RingHeader } from '../ring-header.ts';
import type { RingStorage } from './ring-storage.ts';
import {
  type ConsumerPosition,
  type DescriptorWords,
  encodePosition,
  isWakeRequested,
  PRODUCER_LINE_BYTES,
  PRODUCER_LINE_POSITION,
  type ProducerWords,
  parseDescriptor,
  parsePosition,
  parseProducerLine,
} from './ring-words.ts';

/** Announced properties of a ring. Absent properties are not compared. */
export interface RingExpectation {
  readonly streamClassId?: number;
  readonly uuid?: Uint8Array;
}

const RECORD_BUFFER_BYTES_MIN = 64 * 1024;

/** Reads and writes the words of a ring in its storage. Words are bounded by the checks of `ring-words.ts` only. */
export class RingReader {
  readonly header: RingHeader;
  readonly overwrites: boolean;
  readonly #storage: RingStorage;
  readonly #headerBytes: number;

  /** @throws {RingError} `NOT_A_RING`, `WRONG_ABI`, `UNEXPECTED`, `TRUNCATED`, `CORRUPT`, `IO` */
  constructor(storage: RingStorage, expected: RingExpectation) {
    this.#storage = storage;
    if (storage.bytes < DESCRIPTORS_OFFSET) {
      throw new RingError('TRUNCATED', `ring file of ${storage.bytes} bytes is shorter than a header`);
    }
    this.header = parseHeader(this.#read(0, HEADER_WORDS_BYTES), storage.bytes);
    checkExpectation(this.header, expected);
    this.#headerBytes = headerBytesFor(this.header.subBufCount);
    this.overwrites = this.header.mode === RingMode.OVERWRITE;
  }

  /** Reads the position that a former consumer stored, and whether it wanted to be woken. */
  consumerLine(): { readonly position: ConsumerPosition; readonly wakeRequested: boolean } {
    const line = this.#read(ConsumerLine.CONSUMED_SEQ, CONSUMER_LINE_BYTES);
    return { position: parsePosition(line, this.header.subBufBytes), wakeRequested: isWakeRequested(line) };
  }

  writeConsumerLine(position: ConsumerPosition, wakeRequested: boolean): void {
    this.#storage.write(encodePosition(position, wakeRequested), ConsumerLine.CONSUMED_SEQ);
  }

  producerLine(): ProducerWords {
    return parseProducerLine(this.#read(PRODUCER_LINE_POSITION, PRODUCER_LINE_BYTES));
  }

  /** Reads the descriptor in the slot of sub-buffer `seq`. */
  descriptor(seq: number): DescriptorWords {
    const slot = seq % this.header.subBufCount;
    return parseDescriptor(this.#read(DESCRIPTORS_OFFSET + slot * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES));
  }

  /** Reads the descriptors of all slots at once. */
  descriptors(): DescriptorWords[] {
    const { subBufCount } = this.header;
    const table = this.#read(DESCRIPTORS_OFFSET, subBufCount * DESCRIPTOR_BYTES);
    return Array.from({ length: subBufCount }, (_, slot) =>
      parseDescriptor(table.subarray(slot * DESCRIPTOR_BYTES, (slot + 1) * DESCRIPTOR_BYTES)),
    );
  }

  /** Copies bytes of sub-buffer `seq` into a buffer that the next call, for any ring, overwrites. */
  records(seq: number, begin: number, end: number): Buffer {
    const target = recordBufferOf(end - begin);
    if (target.length > 0) this.#storage.read(target, this.#subBufOffset(seq) + begin);
    return target;
  }

  /** Whether the consumer may give back memory: in discard mode, and where a later store cannot fail. */
  get isReclaimable(): boolean {
    return !this.overwrites && this.#storage.giveBack !== undefined;
  }

  /** Gives the memory of sub-buffer `seq` back to the system. Returns the number of bytes. */
  giveBack(seq: number): number {
    return this.#storage.giveBack?.(this.#subBufOffset(seq), this.header.subBufBytes) ?? 0;
  }

  #subBufOffset(seq: number): number {
    return this.#headerBytes + (seq % this.header.subBufCount) * this.header.subBufBytes;
  }

  #read(position: number, bytes: number): Uint8Array {
    const target = new Uint8Array(bytes);
    this.#storage.read(target, position);
    return target;
  }
}

/** All rings of a process are read into one buffer, one after the other: a thousand of them would not fit otherwise. */
let recordBuffer = Buffer.alloc(0);

function recordBufferOf(bytes: number): Buffer {
  if (recordBuffer.length < bytes) {
    recordBuffer = Buffer.allocUnsafeSlow(Math.max(RECORD_BUFFER_BYTES_MIN, bytes, recordBuffer.length * 2));
  }
  return recordBuffer.subarray(0, bytes);
}

function checkExpectation(header: RingHeader, expected: RingExpectation): void {
  if (expected.streamClassId !== undefined && expected.streamClassId !== header.streamClassId) {
    const reason = `of data stream class ${header.streamClassId}, ${expected.streamClassId} was announced`;
    throw new RingError('UNEXPECTED', `ring is ${reason}`);
  }
  if (expected.uuid !== undefined && Buffer.compare(expected.uuid, header.uuid) !== 0) {
    throw new RingError('UNEXPECTED', 'ring carries the UUID of another trace');
  }
}
