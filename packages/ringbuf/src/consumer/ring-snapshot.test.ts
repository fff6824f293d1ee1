import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsumerLine, DESCRIPTORS_OFFSET, Descriptor, ProducerLine, RingMode } from '../abi.ts';
import {
  type MemoryRing,
  makeMemoryRing,
  RECORD_BYTES_MIN,
  readRecords,
  type TestRecord,
  writeRecord,
} from '../memory-ring.test.support.ts';
import { RingError } from '../ring-error.ts';
import { RingConsumer } from './consumer.ts';
import { RingSnapshot, type RingSnapshotOptions, type SnapshotPacket } from './ring-snapshot.ts';

interface CopiedPacket extends SnapshotPacket {
  readonly records: readonly TestRecord[];
}

/** A ring with its producer's records. */
class Recording {
  readonly ring: MemoryRing;
  readonly records: TestRecord[] = [];
  discarded = 0;
  #clock = 1000;

  constructor(ring: MemoryRing) {
    this.ring = ring;
  }

  record(sizes: readonly number[]): void {
    for (const bytes of sizes) {
      this.#clock += 1 + (bytes % 7);
      const serial = this.records.length;
      if (writeRecord(this.ring.producer, bytes, serial, this.#clock)) {
        this.records.push({ bytes, serial, timestamp: this.#clock });
      } else this.discarded += 1;
    }
  }
}

function copyAll(snapshot: RingSnapshot): CopiedPacket[] {
  const packets: CopiedPacket[] = [];
  for (let packet = snapshot.next(); packet !== null; packet = snapshot.next()) {
    packets.push({ ...packet, records: readRecords(packet.bytes) });
  }
  return packets;
}

const overwriting = (subBufCount = 4) => makeMemoryRing({ mode: RingMode.OVERWRITE, subBufCount });
const serialsOf = (packets: readonly CopiedPacket[]) => packets.flatMap(({ records }) => records.map((r) => r.serial));
const times = (count: number, bytes: number) => Array.from({ length: count }, () => bytes);

describe('RingSnapshot', () => {
  it('gives everything that the ring holds, oldest first, the open sub-buffer included, as often as it is asked', () => {
    const recording = new Recording(overwriting());
    recording.record(times(30, 1000));
    const before = Buffer.from(new Uint8Array(recording.ring.buffer));
    for (let time = 0; time < 2; time++) {
      const snapshot = new RingSnapshot(recording.ring.storage);
      const packets = copyAll(snapshot);
      // Four records a sub-buffer: sub-buffers 5 to 8, of which the last has two.
      expect(serialsOf(packets)).toEqual(Array.from({ length: 14 }, (_, i) => 16 + i));
      expect([snapshot.firstPacketSeq, packets.map(({ packetSeq }) => packetSeq)]).toEqual([4, [4, 5, 6, 7]]);
      expect([snapshot.packetsLost, snapshot.next()]).toEqual([0, null]);
    }
    expect(Buffer.from(new Uint8Array(recording.ring.buffer)).equals(before)).toBe(true);
  });

  it('gives nothing of a ring in which nothing was recorded', () => {
    expect(copyAll(new RingSnapshot(overwriting().storage))).toEqual([]);
  });

  it('gives the closed sub-buffers when the open one is still empty', () => {
    const recording = new Recording(overwriting());
    recording.record(times(8, 1000));
    expect(recording.ring.producer.makeRoom(1000, 9000)).toBe(true);
    expect(serialsOf(copyAll(new RingSnapshot(recording.ring.storage)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('begins at the position to which a consumer has released the ring', () => {
    const recording = new Recording(overwriting());
    recording.record(times(6, 1000));
    const consumer = new RingConsumer(recording.ring.storage);
    for (let count = 0; count < 2; count++) consumer.release(consumer.next({ takeOpen: true })!);
    expect(copyAll(new RingSnapshot(recording.ring.storage))).toEqual([]);
    recording.record(times(3, 1000));
    expect(serialsOf(copyAll(new RingSnapshot(recording.ring.storage)))).toEqual([6, 7, 8]);
  });

  it('reports events discarded since its first packet began, and none from before', () => {
    const recording = new Recording(overwriting(2));
    recording.record([9999, 9999, 4000, 4000, 9999, 4000, 9999, 9999, 4000, 9999]);
    const packets = copyAll(new RingSnapshot(recording.ring.storage));
    expect(serialsOf(packets)).toEqual([2, 3]);
    expect(packets.map(({ eventsDiscardedAtEnd }) => eventsDiscardedAtEnd)).toEqual([2, 3]);
  });

  it('counts sub-buffers that were overwritten before their turn, and still gives the newest', () => {
    const recording = new Recording(overwriting());
    recording.record(times(16, 1000));
    const snapshot = new RingSnapshot(recording.ring.storage);
    recording.record(times(9, 1000));
    // Sub-buffers 1 to 3 are overwritten, and the fourth may be at any moment.
    expect(serialsOf(copyAll(snapshot))).toEqual([12, 13, 14, 15]);
    expect(snapshot.packetsLost).toBe(3);
  });

  it.each([
    [1, 1],
    [4100, 1],
    [6099, 1],
    [6100, 2],
    [10_149, 2],
    [10_150, 3],
    [1_000_000, 4],
  ])('within %i bytes gives the %i newest packets', (bytesMax, count) => {
    const recording = new Recording(overwriting());
    recording.record(times(30, 1000));
    const options = { bytesMax, packetOverheadBytes: 50 };
    const packets = copyAll(new RingSnapshot(recording.ring.storage, options));
    expect(packets.map(({ packetSeq }) => packetSeq)).toEqual([4, 5, 6, 7].slice(-count));
    expect(serialsOf(packets).at(-1)).toBe(29);
  });

  it('reads a bounded number of sub-buffers, whatever the producer stores', () => {
    const recording = new Recording(overwriting(2));
    recording.record(times(9, 1000));
    let reads = 0;
    recording.ring.beforeRead = () => {
      reads += 1;
      if (reads === 6) recording.ring.dv.setUint32(ProducerLine.OPEN_SEQ, 0xffff_fff0, true);
    };
    expect(() => copyAll(new RingSnapshot(recording.ring.storage))).toThrowError(
      expect.objectContaining({ code: 'CORRUPT' }),
    );
    expect(reads).toBeLessThan(200);
    const other = new Recording(overwriting(2));
    other.record([1000]);
    other.ring.dv.setUint32(DESCRIPTORS_OFFSET + 64 + Descriptor.COMMITTED, 4097, true);
    expect(() => copyAll(new RingSnapshot(other.ring.storage))).toThrowError(
      expect.objectContaining({ code: 'CORRUPT' }),
    );
    other.ring.dv.setUint32(ProducerLine.OPEN_SEQ, 77, true);
    expect(() => new RingSnapshot(other.ring.storage)).toThrowError(expect.objectContaining({ code: 'CORRUPT' }));
  });
});

describe('RingSnapshot of a damaged ring', () => {
  it.each([1, 2, 3, 4])('gives the packets before the damage in sub-buffer %i, then the damage', (damaged) => {
    const recording = new Recording(overwriting());
    recording.record(times(16, 1000));
    recording.ring.dv.setUint32(DESCRIPTORS_OFFSET + (damaged % 4) * 64 + Descriptor.COMMITTED, 4097, true);
    const snapshot = new RingSnapshot(recording.ring.storage);
    // Where a sub-buffer's time ends is said by the descriptor after it.
    for (let seq = 1; seq < damaged - 1; seq++) expect(snapshot.next()?.seq).toBe(seq);
    expect(() => snapshot.next()).toThrowError(/COMMITTED of sub-buffer [1-4] is 4097/);
  });
});

describe('RingSnapshot of a ring that is scribbled on', () => {
  const word = fc.record({
    beforeRead: fc.integer({ min: 0, max: 60 }),
    at: fc.integer({ min: 0, max: (DESCRIPTORS_OFFSET + 4 * 64) / 4 - 1 }),
    value: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffff_ffff })),
  });

  it('ends after a bounded number of reads, with packets or with a RingError', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), (words) => {
        const recording = new Recording(overwriting());
        recording.record(times(21, 1000));
        let reads = 0;
        recording.ring.beforeRead = () => {
          for (const { beforeRead, at, value } of words) {
            if (beforeRead === reads) recording.ring.dv.setUint32(at * 4, value, true);
          }
          reads += 1;
        };
        try {
          const snapshot = new RingSnapshot(recording.ring.storage);
          for (let packet = snapshot.next(); packet !== null; packet = snapshot.next()) {
            expect(packet.beginTimestamp).toBeLessThanOrEqual(packet.endTimestamp);
            expect(packet.bytes.length).toBeLessThanOrEqual(4096);
            expect(packet.eventsDiscardedAtEnd).toBeGreaterThanOrEqual(0);
          }
          expect(snapshot.packetsLost).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RingError);
        }
        expect(reads).toBeLessThan(2000);
      }),
      { seed: 20261120, numRuns: 3000 },
    );
  });
});

const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: RECORD_BYTES_MIN, max: 1500 }) },
  { weight: 3, arbitrary: fc.integer({ min: 3000, max: 4096 }) },
  { weight: 1, arbitrary: fc.constantFrom(4096, 4097, 8193) },
);
const sizes = (maxLength: number) => fc.array(size, { maxLength });
const scenario = fc.record({
  subBufCount: fc.integer({ min: 2, max: 6 }),
  before: sizes(60),
  /** Recorded before a read of the snapshot. */
  during: fc.array(fc.record({ beforeRead: fc.integer({ min: 0, max: 60 }), sizes: sizes(12) }), { maxLength: 8 }),
  bytesMax: fc.option(fc.integer({ min: 1, max: 30_000 }), { nil: undefined }),
});

describe('a snapshot of a ring whose producer goes on', () => {
  it('has whole records in order, without a gap but for packets that it counts, up to the newest', () => {
    fc.assert(
      fc.property(scenario, ({ subBufCount, before, during, bytesMax }) => {
        const recording = new Recording(overwriting(subBufCount));
        recording.record(before);
        const recordedBefore = recording.records.length;
        const lineBefore = consumerLineOf(recording.ring);
        let reads = 0;
        recording.ring.beforeRead = () => {
          const read = reads++;
          for (const step of during) if (step.beforeRead === read) recording.record(step.sizes);
        };
        recording.ring.beforeWrite = () => expect.unreachable('a snapshot writes into the ring');
        const options: RingSnapshotOptions = {
          packetOverheadBytes: 10,
          ...(bytesMax === undefined ? {} : { bytesMax }),
        };
        const snapshot = new RingSnapshot(recording.ring.storage, options);
        const packets = copyAll(snapshot);

        expect(consumerLineOf(recording.ring)).toEqual(lineBefore);
        const all = packets.flatMap(({ records }) => records);
        for (const record of all) expect(record).toEqual(recording.records[record.serial]);
        if (recordedBefore > 0) expect(all.at(-1)?.serial).toBeGreaterThanOrEqual(recordedBefore - 1);
        const expectedPackets = packets.length === 0 ? 0 : packets.at(-1)!.packetSeq - snapshot.firstPacketSeq + 1;
        expect(snapshot.packetsLost).toBe(expectedPackets - packets.length);
        checkOrder(packets);
        const bytes = packets.reduce((sum, packet) => sum + packet.bytes.length + 10, 0);
        if (bytesMax !== undefined && packets.length > 1) expect(bytes).toBeLessThanOrEqual(bytesMax);
        if (reads < Math.min(...during.map(({ beforeRead }) => beforeRead)) && bytesMax === undefined) {
          expect(packets).toHaveLength(Math.min(subBufCount, recording.ring.producer.openSeq));
        }
      }),
      { seed: 20261120, numRuns: 1500 },
    );
  });
});

function checkOrder(packets: readonly CopiedPacket[]): void {
  for (const [idx, packet] of packets.entries()) {
    const { records, beginTimestamp, endTimestamp } = packet;
    expect(records.length).toBe(packet.recordCount);
    expect(records.map(({ serial }) => serial)).toEqual(records.map((_, i) => records[0]!.serial + i));
    expect(beginTimestamp).toBeLessThanOrEqual(records[0]!.timestamp);
    const next = packets[idx + 1];
    const isGapless = endTimestamp === records.at(-1)!.timestamp;
    // Otherwise events found no room behind its last record, and it lasts until the next sub-buffer was opened.
    if (!isGapless && next?.packetSeq === packet.packetSeq + 1) {
      expect(next.records[0]!.timestamp).toBeGreaterThanOrEqual(endTimestamp);
    }
    const former = packets[idx - 1];
    if (!isGapless) expect(packet.eventsDiscardedAtEnd).toBeGreaterThan(former?.eventsDiscardedAtEnd ?? 0);
    if (former === undefined) continue;
    expect(packet.packetSeq).toBeGreaterThan(former.packetSeq);
    expect(packet.eventsDiscardedAtEnd).toBeGreaterThanOrEqual(former.eventsDiscardedAtEnd);
    expect(beginTimestamp).toBeGreaterThanOrEqual(former.endTimestamp);
    if (packet.packetSeq > former.packetSeq + 1) continue;
    expect(records[0]!.serial).toBe(former.records.at(-1)!.serial + 1);
    expect(beginTimestamp).toBe(former.endTimestamp);
  }
}

function consumerLineOf(ring: MemoryRing): Buffer {
  return Buffer.from(Buffer.from(ring.buffer, ConsumerLine.CONSUMED_SEQ, 40));
}
