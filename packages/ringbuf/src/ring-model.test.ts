import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingMode } from './abi.ts';
import { RingConsumer } from './consumer/consumer.ts';
import type { PacketContent } from './consumer/packet-content.ts';
import {
  type MemoryRing,
  makeMemoryRing,
  RECORD_BYTES_MIN,
  readRecords,
  writeRecord,
} from './memory-ring.test.support.ts';

/** One step of a schedule. `sizes` are sizes of records; `inject` produces while the consumer is between two reads. */
type Step =
  | { readonly kind: 'produce'; readonly sizes: readonly number[] }
  | {
      readonly kind: 'take';
      readonly takeOpen: boolean;
      readonly outcome: 'release' | 'fail to write' | 'die before writing' | 'die before releasing';
      readonly inject: readonly { readonly beforeRead: number; readonly sizes: readonly number[] }[];
    };

interface ModelRecord {
  readonly serial: number;
  readonly bytes: number;
  readonly timestamp: number;
}

interface ModelSubBuf {
  readonly seq: number;
  readonly openedAt: number;
  readonly discardedAtOpen: number;
  usedBytes: number;
  readonly records: ModelRecord[];
  /** Records taken and safe. */
  taken: number;
}

/** Model of a ring: its behaviour without its memory. */
class RingModel {
  readonly ring: MemoryRing;
  readonly overwrites: boolean;
  readonly subBufs: ModelSubBuf[] = [];
  readonly counters = { recorded: 0, discardedFull: 0, discardedBig: 0, failed: 0, nested: 0 };
  consumer: RingConsumer;
  /** Sub-buffer of the consumer's position, as it is stored for the producer. */
  consumedSeq = 1;
  /** Sub-buffer of the last packet, and the number of the next. */
  packetFromSeq = 1;
  nextPacketSeq = 0;
  lastEnd = 0;
  lastDiscarded = 0;
  /** The present consumer was there when the last packet was taken, so it has seen every loss since. */
  sameConsumer = true;
  #clock = 1000;

  constructor(ring: MemoryRing) {
    this.ring = ring;
    this.overwrites = ring.header.mode === RingMode.OVERWRITE;
    this.consumer = new RingConsumer(ring.storage);
  }

  get openSeq(): number {
    return this.subBufs.length;
  }
  get discarded(): number {
    return this.counters.discardedFull + this.counters.discardedBig;
  }
  get oldestSeq(): number {
    return Math.max(1, this.openSeq - this.ring.header.subBufCount + 1);
  }

  produce(bytes: number): void {
    this.#clock += 1 + (bytes % 7);
    const serial = this.counters.recorded;
    const wanted = this.#admit(bytes);
    expect(writeRecord(this.ring.producer, bytes, serial, this.#clock)).toBe(wanted);
    if (!wanted) return;
    const open = this.subBufs.at(-1)!;
    open.usedBytes += bytes;
    open.records.push({ serial, bytes, timestamp: this.#clock });
    this.counters.recorded++;
  }

  /** Whether the record goes in; opens a sub-buffer or counts. */
  #admit(bytes: number): boolean {
    const { subBufBytes, subBufCount } = this.ring.header;
    const open = this.subBufs.at(-1);
    if (open !== undefined && open.usedBytes + bytes <= subBufBytes) return true;
    if (bytes > subBufBytes) {
      this.counters.discardedBig++;
      return false;
    }
    const seq = this.openSeq + 1;
    if (!this.overwrites && this.ring.dv.getUint32(192, true) <= seq - subBufCount) {
      this.counters.discardedFull++;
      return false;
    }
    const openedAt = this.#clock;
    this.subBufs.push({ seq, openedAt, discardedAtOpen: this.discarded, usedBytes: 0, records: [], taken: 0 });
    return true;
  }

  take(step: Extract<Step, { kind: 'take' }>): void {
    const before = { discarded: this.discarded, openSeq: this.openSeq, oldestSeq: this.oldestSeq };
    const expected = this.#expectedNext(step.takeOpen);
    const injections = new Map(step.inject.map(({ beforeRead, sizes }) => [beforeRead, sizes]));
    let readCount = 0;
    this.ring.beforeRead = () => {
      for (const bytes of injections.get(readCount++) ?? []) this.produce(bytes);
    };
    const taken = this.consumer.next({ takeOpen: step.takeOpen });
    this.ring.beforeRead = () => {};

    const undisturbed = this.#isUndisturbed(step, readCount);
    if (undisturbed) expect(taken?.seq).toBe(expected?.seq);
    if (taken !== null) {
      this.#check(taken, before);
      if (undisturbed) {
        expect(readRecords(taken.bytes)).toEqual(expected!.records.slice(expected!.taken));
        const closed = taken.seq < this.openSeq;
        expect(taken.eventsDiscardedAtEnd).toBe(closed ? this.subBufs[taken.seq]!.discardedAtOpen : this.discarded);
      }
    }
    this.#settle(taken, step.outcome);
  }

  #isUndisturbed(step: Extract<Step, { kind: 'take' }>, readCount: number): boolean {
    return step.inject.every(({ beforeRead, sizes }) => sizes.length === 0 || beforeRead >= readCount);
  }

  /** Expected result of an undisturbed `next`: the oldest sub-buffer with records that were not taken. */
  #expectedNext(takeOpen: boolean): ModelSubBuf | undefined {
    const valid = this.subBufs.filter(
      ({ seq }) => seq >= this.consumedSeq && (!this.overwrites || seq >= this.oldestSeq),
    );
    return valid.find(({ seq, records, taken }) => taken < records.length && (takeOpen || seq < this.openSeq));
  }

  #check(taken: PacketContent, before: { discarded: number; openSeq: number }): void {
    const subBuf = this.subBufs[taken.seq - 1]!;
    const records = readRecords(taken.bytes);
    expect(records.length).toBeGreaterThan(0);
    expect(records).toEqual(subBuf.records.slice(subBuf.taken, subBuf.taken + records.length));
    expect(taken.begin).toBe(sum(subBuf.records.slice(0, subBuf.taken).map(({ bytes }) => bytes)));
    expect(taken.recordCount).toBe(records.length);

    // Between that sub-buffer and this one lie only sub-buffers that were taken whole or overwritten.
    const passed = this.subBufs.slice(this.packetFromSeq - 1, taken.seq - 1);
    const lost = passed.filter((passedBy) => passedBy.taken < passedBy.records.length).length;
    const gap = taken.packetSeq - this.nextPacketSeq;
    if (this.overwrites) {
      // A sub-buffer that was taken while it was open may have got records before it was overwritten.
      const maybeLost = passed.filter(({ records, taken: count }) => count > 0 && count === records.length).length;
      expect(gap).toBeGreaterThanOrEqual(lost);
      expect(gap).toBeLessThanOrEqual(lost + maybeLost);
    } else {
      expect([gap, lost]).toEqual([0, 0]);
    }
    expect(taken.packetsLost).toBeLessThanOrEqual(gap);
    if (this.sameConsumer) expect(taken.packetsLost).toBe(gap);

    expect(taken.beginTimestamp).toBeLessThanOrEqual(records[0]!.timestamp);
    expect(taken.endTimestamp).toBe(
      Math.max(taken.beginTimestamp + 1, this.#endOf(taken) ?? records.at(-1)!.timestamp),
    );
    if (this.lastEnd > 0 && gap === 0) expect(taken.beginTimestamp).toBe(this.lastEnd);
    expect(taken.beginTimestamp).toBeGreaterThanOrEqual(this.lastEnd);

    expect(taken.eventsDiscardedAtEnd).toBeGreaterThanOrEqual(this.lastDiscarded);
    expect(taken.eventsDiscardedAtEnd).toBeGreaterThanOrEqual(subBuf.discardedAtOpen);
    expect(taken.eventsDiscardedAtEnd).toBeLessThanOrEqual(this.discarded);
    const next = this.subBufs[taken.seq];
    if (next !== undefined) expect(taken.eventsDiscardedAtEnd).toBeLessThanOrEqual(next.discardedAtOpen);
    if (next === undefined) expect(taken.eventsDiscardedAtEnd).toBeGreaterThanOrEqual(before.discarded);
  }

  /** End of a packet that reports events discarded behind its records; undefined for any other packet. */
  #endOf(taken: PacketContent): number | undefined {
    const wasClosed = taken.after.seq > taken.seq;
    const next = this.subBufs[taken.seq];
    if (!wasClosed || next === undefined) return undefined;
    const { discardedAtOpen } = this.subBufs[taken.seq - 1]!;
    return next.discardedAtOpen > discardedAtOpen ? next.openedAt - 1 : undefined;
  }

  #settle(taken: PacketContent | null, outcome: Extract<Step, { kind: 'take' }>['outcome']): void {
    if (taken !== null && outcome === 'release') {
      this.consumer.release(taken);
      this.#remember(taken);
    }
    if (outcome === 'die before writing' || outcome === 'die before releasing') {
      this.consumer = new RingConsumer(this.ring.storage);
      this.sameConsumer = false;
      if (taken !== null && outcome === 'die before releasing') {
        expect(this.consumer.resumeAt(taken.after)).toBe(true);
        expect(this.consumer.resumeAt(taken.after)).toBe(false);
        this.#remember(taken);
      }
    }
    this.consumedSeq = this.consumer.position.seq;
  }

  #remember(taken: PacketContent): void {
    this.subBufs[taken.seq - 1]!.taken += readRecords(taken.bytes).length;
    this.packetFromSeq = taken.seq;
    this.nextPacketSeq = taken.packetSeq + 1;
    this.lastEnd = taken.endTimestamp;
    this.lastDiscarded = taken.eventsDiscardedAtEnd;
    this.sameConsumer = true;
  }

  /** Takes all that is left, undisturbed. */
  drain(): void {
    const valid = this.subBufs.filter(
      ({ seq }) => seq >= this.consumedSeq && (!this.overwrites || seq >= this.oldestSeq),
    );
    for (let count = 0; count <= valid.length; count++) {
      this.take({ kind: 'take', takeOpen: true, outcome: 'release', inject: [] });
    }
    for (const { taken, records } of valid) expect(taken).toBe(records.length);
    if (!this.overwrites) for (const { taken, records } of this.subBufs) expect(taken).toBe(records.length);
    expect(this.consumer.counters()).toEqual(this.counters);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: RECORD_BYTES_MIN, max: 1500 }) },
  { weight: 3, arbitrary: fc.integer({ min: 3000, max: 4096 }) },
  { weight: 1, arbitrary: fc.constantFrom(4095, 4096, 4097, 8192, 8193) },
);
const produce = fc.record({ kind: fc.constant('produce' as const), sizes: fc.array(size, { maxLength: 12 }) });
const take = fc.record({
  kind: fc.constant('take' as const),
  takeOpen: fc.boolean(),
  outcome: fc.constantFrom(
    'release',
    'release',
    'release',
    'fail to write',
    'die before writing',
    'die before releasing',
  ),
  inject: fc.array(
    fc.record({ beforeRead: fc.integer({ min: 0, max: 12 }), sizes: fc.array(size, { maxLength: 10 }) }),
    { maxLength: 3 },
  ),
});
const quietTake = take.map((step) => ({ ...step, inject: [] }));
const geometry = fc.record({ subBufBytes: fc.constantFrom(4096, 8192), subBufCount: fc.integer({ min: 2, max: 5 }) });
const steps = fc.array(fc.oneof(produce, take, quietTake) as fc.Arbitrary<Step>, { maxLength: 60 });

describe.each([
  ['discard', RingMode.DISCARD],
  ['overwrite', RingMode.OVERWRITE],
] as const)('a ring in %s mode', (_, mode) => {
  it('behaves like the model in every schedule', () => {
    fc.assert(
      fc.property(geometry, steps, (sizes, schedule) => {
        const model = new RingModel(makeMemoryRing({ ...sizes, mode }));
        for (const step of schedule) {
          if (step.kind === 'produce') for (const bytes of step.sizes) model.produce(bytes);
          else model.take(step);
        }
        model.drain();
      }),
      { seed: 20261120, numRuns: 400 },
    );
  });
});
