import { RingClock, RingMode, ringBytesFor } from './abi.ts';
import type { RingStorage } from './consumer/ring-storage.ts';
import type { BlockingOptions } from './producer/blocking.ts';
import { RingProducer } from './producer/producer.ts';
import { type RingHeader, writeHeader } from './ring-header.ts';

/** A ring in plain memory: the producer's view of it, and a consumer's way to it that a test can step into. */
export interface MemoryRing {
  readonly buffer: ArrayBuffer;
  readonly dv: DataView;
  readonly header: RingHeader;
  readonly producer: RingProducer;
  readonly storage: RingStorage;
  /** Called before every read of the storage. */
  beforeRead: (position: number) => void;
  /** Called before every write of the storage. */
  beforeWrite: (position: number) => void;
  wakeCount: number;
}

export const TEST_HEADER: RingHeader = {
  subBufBytes: 4096,
  subBufCount: 2,
  mode: RingMode.DISCARD,
  clock: RingClock.MONOTONIC,
  streamClassId: 3,
  uuid: Uint8Array.from({ length: 16 }, (_, index) => index * 16),
  pid: 4711,
  tid: 4712,
  procname: 'shop',
};

export function makeMemoryRing(header: Partial<RingHeader> = {}, blocking?: BlockingOptions): MemoryRing {
  const whole = { ...TEST_HEADER, ...header };
  const buffer = new ArrayBuffer(ringBytesFor(whole.subBufBytes, whole.subBufCount));
  const dv = new DataView(buffer);
  const memory = new Uint8Array(buffer);
  const ring: MemoryRing = {
    buffer,
    dv,
    header: whole,
    producer: new RingProducer(buffer, { ...whole, onSubBufClosed: () => ring.wakeCount++, blocking }),
    storage: {
      bytes: buffer.byteLength,
      read(target, position) {
        ring.beforeRead(position);
        target.set(memory.subarray(position, position + target.length));
      },
      write(source, position) {
        ring.beforeWrite(position);
        memory.set(source, position);
      },
    },
    beforeRead: () => {},
    beforeWrite: () => {},
    wakeCount: 0,
  };
  writeHeader(dv, whole);
  return ring;
}

export const RECORD_BYTES_MIN = 24;

/**
 * Writes one record as a recorder does: its size, a serial number, its timestamp, a filling that follows from these,
 * and a checksum.
 *
 * @returns false if it was discarded
 */
export function writeRecord(producer: RingProducer, recordBytes: number, serial: number, timestamp: number): boolean {
  if (producer.pos + recordBytes > producer.limit && !producer.makeRoom(recordBytes, timestamp)) return false;
  const { dv, u8, pos } = producer;
  dv.setUint32(pos, recordBytes, true);
  dv.setUint32(pos + 4, serial, true);
  dv.setFloat64(pos + 8, timestamp, true);
  u8.fill(serial & 0xff, pos + 16, pos + recordBytes - 4);
  dv.setUint32(pos + recordBytes - 4, checksum(recordBytes, serial), true);
  producer.commit(pos + recordBytes, timestamp);
  return true;
}

export interface TestRecord {
  readonly bytes: number;
  readonly serial: number;
  readonly timestamp: number;
}

/** The records in `bytes`. @throws when one of them is torn */
export function readRecords(bytes: Uint8Array): TestRecord[] {
  const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: TestRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < RECORD_BYTES_MIN) throw new Error(`record at ${at} is cut`);
    const size = dv.getUint32(at, true);
    const serial = dv.getUint32(at + 4, true);
    const timestamp = dv.getFloat64(at + 8, true);
    if (size < RECORD_BYTES_MIN || size > bytes.length - at) throw new Error(`record at ${at} has ${size} bytes`);
    const filling = bytes.subarray(at + 16, at + size - 4);
    const expected = serial & 0xff;
    for (let i = 0; i < filling.length; i++) {
      if (filling[i] !== expected) throw new Error(`record ${serial} is torn at byte ${i}`);
    }
    if (dv.getUint32(at + size - 4, true) !== checksum(size, serial)) throw new Error(`record ${serial} is torn`);
    records.push({ bytes: size, serial, timestamp });
    at += size;
  }
  return records;
}

function checksum(recordBytes: number, serial: number): number {
  return (Math.imul(serial, 0x9e3779b1) ^ recordBytes) >>> 0;
}
