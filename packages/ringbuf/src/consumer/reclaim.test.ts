import { fstatSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RingClock, RingMode } from '../abi.ts';
import { createRing, type Ring } from '../producer/ring-file.ts';
import { RingConsumer } from './consumer.ts';
import { openRingFile, type RingFile } from './ring-storage.ts';

const SUB_BUF_BYTES = 65_536;
const SUB_BUF_COUNT = 4;
const RECORD_BYTES = 64;
const PER_SUB_BUF = SUB_BUF_BYTES / RECORD_BYTES;

let ring: Ring;
let file: RingFile;
let recorded: number;

function open(mode: RingMode): RingConsumer {
  ring = createRing({
    name: 'reclaim-test',
    mode,
    clock: RingClock.MONOTONIC,
    subBufBytes: SUB_BUF_BYTES,
    subBufCount: SUB_BUF_COUNT,
    streamClassId: 0,
    uuid: new Uint8Array(16),
    pid: 1,
    tid: 1,
    procname: 'test',
    onSubBufClosed: () => {},
  });
  file = openRingFile(`/proc/${process.pid}/fd/${ring.fd}`, ring.bytes);
  return new RingConsumer(file);
}
beforeEach(() => {
  recorded = 0;
});
afterEach(() => {
  file.close();
  ring.close();
});

/** Commits records that hold their number all over, and returns how many found room. */
function record(count: number): number {
  const { producer } = ring;
  let committed = 0;
  for (let i = 0; i < count; i++) {
    if (producer.pos + RECORD_BYTES > producer.limit && !producer.makeRoom(RECORD_BYTES, recorded + 1)) continue;
    new Uint32Array(producer.dv.buffer, producer.pos, RECORD_BYTES / 4).fill(recorded);
    producer.commit(producer.pos + RECORD_BYTES, ++recorded);
    committed += 1;
  }
  return committed;
}

function take(consumer: RingConsumer, takeOpen: boolean): number[] {
  const numbers: number[] = [];
  for (let taken = consumer.next({ takeOpen }); taken !== null; taken = consumer.next({ takeOpen })) {
    for (let at = 0; at < taken.bytes.length; at += RECORD_BYTES) {
      const words = new Set(Array.from({ length: RECORD_BYTES / 4 }, (_, i) => taken.bytes.readUInt32LE(at + i * 4)));
      expect(words.size).toBe(1);
      numbers.push([...words][0] as number);
    }
    consumer.release(taken);
  }
  return numbers;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a ring whose released sub-buffers are reclaimed', () => {
  it('gives back released sub-buffers, and every record comes through, over many rounds', () => {
    const consumer = open(RingMode.DISCARD);
    expect(consumer.reclaimReleased()).toBe(true);
    const numbers: number[] = [];
    for (let round = 0; round < 40; round++) {
      record(PER_SUB_BUF + 100);
      numbers.push(...take(consumer, round % 3 === 0));
    }
    numbers.push(...take(consumer, true));
    expect(numbers).toEqual(upTo(recorded));
    expect(consumer.reclaimedBytes).toBeGreaterThanOrEqual(40 * SUB_BUF_BYTES);
  });

  it('keeps only the memory of the open sub-buffer', () => {
    const consumer = open(RingMode.DISCARD);
    record(3 * PER_SUB_BUF + 1);
    const blocksFull = fstatSync(ring.fd).blocks;
    consumer.reclaimReleased();
    take(consumer, false);
    expect(consumer.reclaimedBytes).toBe(3 * SUB_BUF_BYTES);
    expect(fstatSync(ring.fd).blocks).toBe(blocksFull - (3 * SUB_BUF_BYTES) / 512);
    expect(fstatSync(ring.fd).size).toBe(ring.bytes);
  });

  it('keeps sub-buffers that are newer than the given time, until a later time is given', () => {
    const consumer = open(RingMode.DISCARD);
    record(3 * PER_SUB_BUF + 1);
    consumer.reclaimReleased(2 * PER_SUB_BUF);
    expect(take(consumer, false)).toHaveLength(3 * PER_SUB_BUF);
    expect(consumer.reclaimedBytes).toBe(2 * SUB_BUF_BYTES);
  });

  it('is none in overwrite mode, whose producer may open any sub-buffer at any time', () => {
    const consumer = open(RingMode.OVERWRITE);
    expect(consumer.reclaimReleased()).toBe(false);
    record(3 * PER_SUB_BUF);
    take(consumer, true);
    expect(consumer.reclaimedBytes).toBe(0);
  });
});

describe('a ring whose producer gives back free sub-buffers', () => {
  /** Memory of the ring, without its header. */
  const subBufBytes = () => fstatSync(ring.fd).blocks * 512 - (ring.bytes - SUB_BUF_COUNT * SUB_BUF_BYTES);

  it('keeps open sub-buffers and those not taken yet, and every record comes through, over many rounds', () => {
    const consumer = open(RingMode.DISCARD);
    const numbers: number[] = [];
    for (let round = 0; round < 40; round++) {
      record(PER_SUB_BUF + 100);
      if (round % 2 === 0) numbers.push(...take(consumer, round % 3 === 0));
      ring.reclaim(recorded);
    }
    numbers.push(...take(consumer, true));
    expect(numbers).toEqual(upTo(recorded));
  });

  it('then has only the memory of the open sub-buffer', () => {
    const consumer = open(RingMode.DISCARD);
    for (let round = 0; round < 2; round++) {
      record(3 * PER_SUB_BUF + 1);
      take(consumer, false);
    }
    expect(subBufBytes()).toBe(4 * SUB_BUF_BYTES);
    ring.reclaim(recorded);
    // Only the pages of the open sub-buffer that were written since it was opened.
    expect(subBufBytes()).toBe(SUB_BUF_BYTES);
    expect(fstatSync(ring.fd).size).toBe(ring.bytes);
  });

  it('keeps sub-buffers that are newer than the given time', () => {
    const consumer = open(RingMode.DISCARD);
    record(3 * PER_SUB_BUF + 1);
    take(consumer, false);
    const before = subBufBytes();
    const givenBack = [PER_SUB_BUF - 1, 2 * PER_SUB_BUF, 3 * PER_SUB_BUF].map((until) => {
      ring.reclaim(until);
      return (before - subBufBytes()) / SUB_BUF_BYTES;
    });
    expect(givenBack).toEqual([0, 2, 3]);
  });

  it('keeps everything that was not taken', () => {
    open(RingMode.DISCARD);
    record(5 * PER_SUB_BUF);
    const before = subBufBytes();
    ring.reclaim(recorded);
    expect(subBufBytes()).toBe(before);
  });

  it('keeps everything in overwrite mode, of which snapshots may still be taken', () => {
    const consumer = open(RingMode.OVERWRITE);
    record(3 * PER_SUB_BUF + 1);
    take(consumer, false);
    const before = subBufBytes();
    ring.reclaim(recorded);
    expect(subBufBytes()).toBe(before);
  });

  it('does nothing once it is closed', () => {
    open(RingMode.DISCARD);
    ring.close();
    expect(() => ring.reclaim(recorded)).not.toThrow();
  });
});

describe('a ring that is dropped', () => {
  it.each([RingMode.DISCARD, RingMode.OVERWRITE])('goes on with the same packet number (mode %i)', (mode) => {
    const consumer = open(mode);
    record(PER_SUB_BUF + 10);
    take(consumer, true);
    const { packetSeq } = consumer.position;
    const before = recorded;
    record(6 * PER_SUB_BUF + 5);
    const dropped = consumer.drop();
    if (mode === RingMode.DISCARD) expect(dropped).toBe(recorded - before);
    expect(consumer.position.packetSeq).toBe(packetSeq);
    expect(consumer.next({ takeOpen: true })).toBeNull();
    const dropEnd = recorded;
    record(3);
    const taken = consumer.next({ takeOpen: true });
    expect(taken).toMatchObject({ packetSeq, recordCount: 3, packetsLost: 0, beginTimestamp: dropEnd });
  });
});
