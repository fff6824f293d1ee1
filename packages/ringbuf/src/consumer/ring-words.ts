import { COMMIT_CHECK_FACTOR, CONSUMER_LINE_BYTES, ConsumerLine, Descriptor, ProducerLine } from '../abi.ts';
import { RingError } from '../ring-error.ts';

/**
 * The words of a ring, as one read gave them. They come from memory of another process: every word is checked here
 * before it is used. Order and growth cannot be checked here; the consumer clamps the words for them.
 */

const PRODUCER_LINE_OFFSET = ProducerLine.BEGUN;
export const PRODUCER_LINE_BYTES = ProducerLine.RECORDED + 8 - PRODUCER_LINE_OFFSET;
export const PRODUCER_LINE_POSITION = PRODUCER_LINE_OFFSET;

/** Clock values have 63 bits at most, so that the sum of two is still a clock value. */
const TIMESTAMP_END = 2 ** 63;
const COUNT_END = 2 ** 53;

export interface ProducerWords {
  readonly begun: boolean;
  readonly openSeq: number;
  readonly discardedFull: number;
  readonly discardedBig: number;
  readonly failed: number;
  readonly nested: number;
  readonly recorded: number;
}

/** @throws {RingError} `CORRUPT` */
export function parseProducerLine(bytes: Uint8Array): ProducerWords {
  const dv = viewOf(bytes);
  const count = (name: keyof typeof ProducerLine) =>
    checkedCount(name, dv.getFloat64(ProducerLine[name] - PRODUCER_LINE_OFFSET, true));
  return {
    begun: dv.getUint32(ProducerLine.BEGUN - PRODUCER_LINE_OFFSET, true) !== 0,
    openSeq: dv.getUint32(ProducerLine.OPEN_SEQ - PRODUCER_LINE_OFFSET, true),
    discardedFull: count('DISCARDED_FULL'),
    discardedBig: count('DISCARDED_BIG'),
    failed: count('FAILED'),
    nested: count('NESTED'),
    recorded: count('RECORDED'),
  };
}

/** Words of a descriptor, unchecked: the producer may be preparing the slot. */
export interface DescriptorWords {
  readonly seq: number;
  readonly committed: number;
  readonly beginTimestamp: number;
  readonly lastTimestamp: number;
  readonly discardedAtOpen: number;
  readonly recordCount: number;
  readonly commitCheck: number;
  readonly openTimestamp: number;
}

export function parseDescriptor(bytes: Uint8Array): DescriptorWords {
  const dv = viewOf(bytes);
  return {
    seq: dv.getUint32(Descriptor.SEQ, true),
    committed: dv.getUint32(Descriptor.COMMITTED, true),
    beginTimestamp: dv.getFloat64(Descriptor.BEGIN_TIMESTAMP, true),
    lastTimestamp: dv.getFloat64(Descriptor.LAST_TIMESTAMP, true),
    discardedAtOpen: dv.getFloat64(Descriptor.DISCARDED_AT_OPEN, true),
    recordCount: dv.getFloat64(Descriptor.RECORD_COUNT, true),
    commitCheck: dv.getFloat64(Descriptor.COMMIT_CHECK, true),
    openTimestamp: dv.getFloat64(Descriptor.OPEN_TIMESTAMP, true),
  };
}

/** Whether `lastTimestamp` belongs to `committed`: see the ABI. */
export function isConsistent(words: DescriptorWords, before: DescriptorWords | null): boolean {
  if (words.commitCheck === words.lastTimestamp + words.committed * COMMIT_CHECK_FACTOR) return true;
  return before !== null && words.committed === before.committed && words.lastTimestamp === before.lastTimestamp;
}

/** Checks the words of sub-buffer `seq`, of which `takenBytes` were taken before. @throws {RingError} `CORRUPT` */
export function checkDescriptor(words: DescriptorWords, seq: number, takenBytes: number, subBufBytes: number): void {
  if (words.seq !== seq) throw corrupt(`descriptor of sub-buffer ${seq}: SEQ is ${words.seq}`);
  const of = `of sub-buffer ${seq}`;
  if (words.committed > subBufBytes) {
    throw corrupt(`COMMITTED ${of} is ${words.committed}, a sub-buffer has ${subBufBytes} bytes`);
  }
  if (words.committed < takenBytes) {
    throw corrupt(`COMMITTED ${of} is ${words.committed}, ${takenBytes} bytes were taken before`);
  }
  checkedTimestamp(`BEGIN_TIMESTAMP ${of}`, words.beginTimestamp);
  checkedTimestamp(`LAST_TIMESTAMP ${of}`, words.lastTimestamp);
  checkedTimestamp(`OPEN_TIMESTAMP ${of}`, words.openTimestamp);
  checkedCount(`DISCARDED_AT_OPEN ${of}`, words.discardedAtOpen);
  checkedCount(`RECORD_COUNT ${of}`, words.recordCount);
}

/** Position of a consumer in a ring. The consumer stores it, so that another consumer can go on. */
export interface ConsumerPosition {
  /** Every sub-buffer with a smaller sequence number is released. */
  readonly seq: number;
  /** Bytes and records of sub-buffer `seq` that were taken. */
  readonly bytes: number;
  readonly records: number;
  /** Sequence number of the next packet. */
  readonly packetSeq: number;
  /** End of the last packet; 0 before the first. */
  readonly lastTimestamp: number;
}

const CONSUMER_LINE_OFFSET = ConsumerLine.CONSUMED_SEQ;

export function encodePosition(position: ConsumerPosition, wakeRequested: boolean): Uint8Array {
  const bytes = new Uint8Array(CONSUMER_LINE_BYTES);
  const dv = viewOf(bytes);
  dv.setUint32(ConsumerLine.CONSUMED_SEQ - CONSUMER_LINE_OFFSET, position.seq, true);
  dv.setUint32(ConsumerLine.CONSUMED_BYTES - CONSUMER_LINE_OFFSET, position.bytes, true);
  dv.setFloat64(ConsumerLine.PACKET_SEQ - CONSUMER_LINE_OFFSET, position.packetSeq, true);
  dv.setFloat64(ConsumerLine.LAST_TIMESTAMP - CONSUMER_LINE_OFFSET, position.lastTimestamp, true);
  dv.setUint32(ConsumerLine.WAKE_REQUESTED - CONSUMER_LINE_OFFSET, wakeRequested ? 1 : 0, true);
  dv.setFloat64(ConsumerLine.CONSUMED_RECORDS - CONSUMER_LINE_OFFSET, position.records, true);
  return bytes;
}

/** Position that a former consumer stored. @throws {RingError} `CORRUPT` */
export function parsePosition(bytes: Uint8Array, subBufBytes: number): ConsumerPosition {
  const dv = viewOf(bytes);
  const seq = dv.getUint32(ConsumerLine.CONSUMED_SEQ - CONSUMER_LINE_OFFSET, true);
  const taken = dv.getUint32(ConsumerLine.CONSUMED_BYTES - CONSUMER_LINE_OFFSET, true);
  if (seq === 0) throw corrupt('CONSUMED_SEQ is 0, sub-buffers are numbered from 1 on');
  if (taken > subBufBytes) throw corrupt(`CONSUMED_BYTES is ${taken}, a sub-buffer has ${subBufBytes} bytes`);
  const double = (name: 'PACKET_SEQ' | 'LAST_TIMESTAMP' | 'CONSUMED_RECORDS') =>
    dv.getFloat64(ConsumerLine[name] - CONSUMER_LINE_OFFSET, true);
  return {
    seq,
    bytes: taken,
    records: checkedCount('CONSUMED_RECORDS', double('CONSUMED_RECORDS')),
    packetSeq: checkedCount('PACKET_SEQ', double('PACKET_SEQ')),
    lastTimestamp: wholeTimestamp('LAST_TIMESTAMP of the consumer', double('LAST_TIMESTAMP')),
  };
}

/** Whether the line of the consumer asks the producer for a byte in the wake FIFO. */
export function isWakeRequested(bytes: Uint8Array): boolean {
  return viewOf(bytes).getUint32(ConsumerLine.WAKE_REQUESTED - CONSUMER_LINE_OFFSET, true) !== 0;
}

export function corrupt(reason: string): RingError {
  return new RingError('CORRUPT', `ring is corrupt: ${reason}`);
}

function checkedTimestamp(name: string, value: number): number {
  if (!(value >= 0 && value < TIMESTAMP_END)) throw corrupt(`${name} is ${value}, no clock value`);
  return value;
}

/** A consumer stores whole cycles only: packets begin there. */
function wholeTimestamp(name: string, value: number): number {
  if (!Number.isInteger(value)) throw corrupt(`${name} is ${value}, no whole clock value`);
  return checkedTimestamp(name, value);
}

function checkedCount(name: string, value: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value < COUNT_END)) throw corrupt(`${name} is ${value}, no count`);
  return value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
