import { describe, expect, it } from 'vitest';
import {
  COMMIT_CHECK_FACTOR,
  ConsumerLine,
  DESCRIPTOR_BYTES,
  DESCRIPTORS_OFFSET,
  Descriptor,
  headerBytesFor,
  ProducerLine,
  RingMode,
  SUB_BUF_SEQ_MAX,
} from '../abi.ts';
import { type MemoryRing, makeMemoryRing, writeRecord } from '../memory-ring.test.support.ts';
import type { BlockingOptions } from './blocking.ts';
import { RingProducer } from './producer.ts';

const SUB_BUF_BYTES = 4096;

function u32(ring: MemoryRing, offset: number): number {
  return ring.dv.getUint32(offset, true);
}
function f64(ring: MemoryRing, offset: number): number {
  return ring.dv.getFloat64(offset, true);
}
function descriptorOffset(slot: number): number {
  return DESCRIPTORS_OFFSET + slot * DESCRIPTOR_BYTES;
}
/** Fills one sub-buffer to the last byte. */
function fill(ring: MemoryRing, timestamp: number): boolean {
  return writeRecord(ring.producer, SUB_BUF_BYTES, 0, timestamp);
}
function setConsumedSeq(ring: MemoryRing, seq: number): void {
  ring.dv.setUint32(ConsumerLine.CONSUMED_SEQ, seq, true);
}

describe('RingProducer', () => {
  it('has no room before the first sub-buffer and starts with the consumer at sub-buffer 1', () => {
    const ring = makeMemoryRing();
    expect([ring.producer.pos, ring.producer.limit, ring.producer.openSeq]).toEqual([0, 0, 0]);
    expect(u32(ring, ProducerLine.OPEN_SEQ)).toBe(0);
    expect(u32(ring, ConsumerLine.CONSUMED_SEQ)).toBe(1);
  });

  it('opens sub-buffer 1 in slot 1, beginning with its first event', () => {
    const ring = makeMemoryRing();
    expect(ring.producer.makeRoom(100, 5000)).toBe(true);
    const at = descriptorOffset(1);
    expect(u32(ring, at + Descriptor.SEQ)).toBe(1);
    expect(u32(ring, at + Descriptor.COMMITTED)).toBe(0);
    expect(f64(ring, at + Descriptor.BEGIN_TIMESTAMP)).toBe(5000);
    expect(f64(ring, at + Descriptor.LAST_TIMESTAMP)).toBe(5000);
    expect(u32(ring, ProducerLine.OPEN_SEQ)).toBe(1);
    const base = headerBytesFor(2) + SUB_BUF_BYTES;
    expect(ring.producer).toMatchObject({ base, pos: base, limit: base + SUB_BUF_BYTES, d32: at / 4, d64: at / 8 });
  });

  it('publishes the words for a consumer with each commit, and ends the event', () => {
    const ring = makeMemoryRing();
    ring.dv.setUint32(ProducerLine.BEGUN, 1, true);
    writeRecord(ring.producer, 100, 1, 5000);
    writeRecord(ring.producer, 60, 2, 5007);
    const at = descriptorOffset(1);
    expect(u32(ring, at + Descriptor.COMMITTED)).toBe(160);
    expect(f64(ring, at + Descriptor.BEGIN_TIMESTAMP)).toBe(5000);
    expect(f64(ring, at + Descriptor.LAST_TIMESTAMP)).toBe(5007);
    expect(f64(ring, at + Descriptor.RECORD_COUNT)).toBe(2);
    expect(f64(ring, at + Descriptor.COMMIT_CHECK)).toBe(5007 + 160 * COMMIT_CHECK_FACTOR);
    expect(f64(ring, ProducerLine.RECORDED)).toBe(2);
    expect(u32(ring, ProducerLine.BEGUN)).toBe(0);
    expect(ring.producer).toMatchObject({ lastTimestamp: 5007, recorded: 2, recordedInSubBuf: 2 });
  });

  it('begins a sub-buffer with the time and the counts at the end of the one before', () => {
    const ring = makeMemoryRing();
    fill(ring, 5000);
    ring.producer.makeRoom(SUB_BUF_BYTES + 1, 5100);
    expect(writeRecord(ring.producer, 100, 1, 5200)).toBe(true);
    const at = descriptorOffset(0);
    expect(u32(ring, at + Descriptor.SEQ)).toBe(2);
    expect(f64(ring, at + Descriptor.BEGIN_TIMESTAMP)).toBe(5000);
    expect(f64(ring, at + Descriptor.LAST_TIMESTAMP)).toBe(5200);
    expect(f64(ring, at + Descriptor.OPEN_TIMESTAMP)).toBe(5200);
    expect(f64(ring, at + Descriptor.DISCARDED_AT_OPEN)).toBe(1);
    expect(f64(ring, at + Descriptor.RECORDED_AT_OPEN)).toBe(1);
    expect(f64(ring, at + Descriptor.RECORD_COUNT)).toBe(1);
  });

  it('leaves room in each sub-buffer where records may not take all of it', () => {
    const { header, buffer } = makeMemoryRing();
    const recordsBytesMax = SUB_BUF_BYTES - 100;
    const producer = new RingProducer(buffer, { ...header, recordsBytesMax, onSubBufClosed: () => undefined });
    expect(writeRecord(producer, recordsBytesMax + 1, 1, 5000)).toBe(false);
    expect(writeRecord(producer, recordsBytesMax, 1, 5000)).toBe(true);
    expect(producer.openSeq).toBe(1);
    expect(writeRecord(producer, 1, 1, 5000)).toBe(true);
    expect(producer.openSeq).toBe(2);
    expect(producer.base - headerBytesFor(2)).toBe(0);
  });

  it('discards and counts a record larger than a sub-buffer, in either mode, and takes the largest possible', () => {
    for (const mode of Object.values(RingMode)) {
      const ring = makeMemoryRing({ mode });
      expect(writeRecord(ring.producer, SUB_BUF_BYTES + 1, 1, 5000)).toBe(false);
      expect(f64(ring, ProducerLine.DISCARDED_BIG)).toBe(1);
      expect(ring.producer.openSeq).toBe(0);
      expect(writeRecord(ring.producer, SUB_BUF_BYTES, 1, 5000)).toBe(true);
    }
  });

  it('in discard mode counts events that do not fit until a sub-buffer is released, and keeps the older events', () => {
    const ring = makeMemoryRing({ subBufCount: 3 });
    for (let count = 0; count < 3; count++) expect(fill(ring, 5000)).toBe(true);
    const before = new Uint8Array(ring.buffer).slice(headerBytesFor(3));
    expect(fill(ring, 5001)).toBe(false);
    expect(fill(ring, 5002)).toBe(false);
    expect(f64(ring, ProducerLine.DISCARDED_FULL)).toBe(2);
    expect(new Uint8Array(ring.buffer).slice(headerBytesFor(3))).toEqual(before);
    setConsumedSeq(ring, 2);
    expect(fill(ring, 5003)).toBe(true);
    expect(fill(ring, 5004)).toBe(false);
    expect(u32(ring, ProducerLine.OPEN_SEQ)).toBe(4);
  });

  it('in a full ring still takes a record that fits into the open sub-buffer', () => {
    const ring = makeMemoryRing();
    fill(ring, 5000);
    writeRecord(ring.producer, SUB_BUF_BYTES - 100, 1, 5000);
    expect(writeRecord(ring.producer, 101, 2, 5001)).toBe(false);
    expect(writeRecord(ring.producer, 100, 2, 5001)).toBe(true);
  });

  describe('that may wait', () => {
    const full = (blocking: Partial<BlockingOptions>, mode: RingMode = RingMode.DISCARD) => {
      const ring = makeMemoryRing(
        { mode },
        { timeoutUs: null, wakeConsumer: () => {}, isConsumed: () => true, ...blocking },
      );
      for (let count = 0; count < 2; count++) fill(ring, 5000);
      return ring;
    };

    it('wakes the consumer, sleeps until a sub-buffer is released, and loses nothing', () => {
      let wakes = 0;
      let looks = 0;
      const ring = full({
        wakeConsumer: () => {
          if (++wakes === 2) setConsumedSeq(ring, 2);
        },
        isConsumed: () => ++looks > 0,
      });
      expect(fill(ring, 5001)).toBe(true);
      expect([wakes, looks]).toEqual([2, 2]);
      expect(f64(ring, ProducerLine.DISCARDED_FULL)).toBe(0);
    });

    it('discards and counts once the time is over, and waits anew for the next event', () => {
      let wakes = 0;
      const ring = full({ timeoutUs: 300, wakeConsumer: () => wakes++ });
      expect(fill(ring, 5001)).toBe(false);
      expect(fill(ring, 5002)).toBe(false);
      expect(f64(ring, ProducerLine.DISCARDED_FULL)).toBe(2);
      expect(wakes).toBe(2);
    });

    it('does not wait for a consumer that is gone, even without a time limit', () => {
      let looks = 0;
      const ring = full({ isConsumed: () => ++looks < 3 });
      expect(fill(ring, 5001)).toBe(false);
      expect(fill(ring, 5002)).toBe(false);
      expect(looks).toBe(4);
      expect(f64(ring, ProducerLine.DISCARDED_FULL)).toBe(2);
    });

    it('never waits in overwrite mode, nor for a record that is too big', () => {
      const isConsumed = () => {
        throw new Error('waits');
      };
      const ring = full({ isConsumed }, RingMode.OVERWRITE);
      expect(fill(ring, 5001)).toBe(true);
      expect(full({ isConsumed }).producer.makeRoom(SUB_BUF_BYTES + 1, 5001)).toBe(false);
    });
  });

  it('in overwrite mode overwrites the oldest sub-buffer, whatever the consumer stores', () => {
    const ring = makeMemoryRing({ mode: RingMode.OVERWRITE });
    for (let count = 0; count < 5; count++) expect(fill(ring, 5000)).toBe(true);
    expect(u32(ring, descriptorOffset(0) + Descriptor.SEQ)).toBe(4);
    expect(u32(ring, descriptorOffset(1) + Descriptor.SEQ)).toBe(5);
    expect(f64(ring, ProducerLine.DISCARDED_FULL)).toBe(0);
  });

  it.each([0, 0xffff_ffff, 0x8000_0000])('goes on when the consumer word is %i', (word) => {
    const ring = makeMemoryRing();
    setConsumedSeq(ring, word);
    for (let count = 0; count < 10; count++) fill(ring, 5000);
    const { recorded } = ring.producer;
    expect(recorded + f64(ring, ProducerLine.DISCARDED_FULL)).toBe(10);
  });

  it('announces a closed sub-buffer only when asked to, after it is published', () => {
    const ring = makeMemoryRing();
    fill(ring, 5000);
    expect(ring.wakeCount).toBe(0);
    ring.dv.setUint32(ConsumerLine.WAKE_REQUESTED, 1, true);
    fill(ring, 5000);
    expect(ring.wakeCount).toBe(1);
    fill(ring, 5000);
    expect(ring.wakeCount).toBe(1);
  });

  it('discards once the sequence numbers are used up, rather than starting again', () => {
    const ring = makeMemoryRing({ mode: RingMode.OVERWRITE });
    ring.producer.openSeq = SUB_BUF_SEQ_MAX - 1;
    expect(fill(ring, 5000)).toBe(true);
    expect(u32(ring, ProducerLine.OPEN_SEQ)).toBe(SUB_BUF_SEQ_MAX);
    expect(fill(ring, 5000)).toBe(false);
    expect(f64(ring, ProducerLine.DISCARDED_FULL)).toBe(1);
    expect(u32(ring, ProducerLine.OPEN_SEQ)).toBe(SUB_BUF_SEQ_MAX);
  });

  it('counts events that failed, were nested or had no identifier; a nested one leaves the outer one begun', () => {
    const ring = makeMemoryRing();
    ring.dv.setUint32(ProducerLine.BEGUN, 1, true);
    ring.producer.countNested();
    expect(u32(ring, ProducerLine.BEGUN)).toBe(1);
    ring.producer.countFailed();
    expect(u32(ring, ProducerLine.BEGUN)).toBe(0);
    ring.producer.countDiscarded();
    expect(f64(ring, ProducerLine.NESTED)).toBe(1);
    expect(f64(ring, ProducerLine.FAILED)).toBe(1);
    expect(f64(ring, ProducerLine.DISCARDED_FULL)).toBe(1);
  });

  it('takes and counts nothing once closed', () => {
    const ring = makeMemoryRing();
    writeRecord(ring.producer, 100, 1, 5000);
    ring.producer.close();
    const before = new Uint8Array(ring.buffer).slice();
    expect(writeRecord(ring.producer, 100, 2, 5001)).toBe(false);
    expect(writeRecord(ring.producer, SUB_BUF_BYTES + 1, 2, 5001)).toBe(false);
    expect(new Uint8Array(ring.buffer)).toEqual(before);
  });
});
