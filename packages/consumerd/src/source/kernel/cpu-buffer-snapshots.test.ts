import { describe, expect, it } from 'vitest';
import type { SourceCopy } from '../snapshot-source.ts';
import type { CopiedPacket } from '../source.ts';
import type { CpuBufferMemory } from './cpu-buffer-file.ts';
import { CpuBufferSnapshots } from './cpu-buffer-snapshots.ts';
import { mappedWords, shapeOf } from './mapped-buffer.ts';

const SUB_BUF_BYTES = 1024;
const SUB_BUF_WORDS = SUB_BUF_BYTES / 4;
const SUB_BUF_COUNT = 4;
const HEADER_WORDS = 4;
const EVENT_WORDS = 4;
const EVENTS_PER_PAGE = (SUB_BUF_WORDS - HEADER_WORDS) / EVENT_WORDS;
/** Bytes of a record in the trace: identifier, time, number. */
const RECORD_BYTES = 12;
const ID = 7;

/** The kernel's buffer of a CPU, which overwrites its oldest sub-buffer. */
class FakeCpuMemory implements CpuBufferMemory {
  readonly words = new Uint32Array(SUB_BUF_WORDS * SUB_BUF_COUNT);
  mappings = 0;
  #recorded = 0;
  #overrun = 0;
  #commitOverrun = 0;

  record(events: number): void {
    for (let i = 0; i < events; i++) {
      const page = Math.floor(this.#recorded / EVENTS_PER_PAGE);
      const at = (page % SUB_BUF_COUNT) * SUB_BUF_WORDS;
      const idx = this.#recorded % EVENTS_PER_PAGE;
      if (idx === 0) {
        if (this.words[at + 2] !== 0) this.#overrun += EVENTS_PER_PAGE;
        this.words.fill(0, at, at + SUB_BUF_WORDS);
        this.words[at] = 1000 + this.#recorded;
      }
      const event = at + HEADER_WORDS + idx * EVENT_WORDS;
      this.words.set([(1 << 5) | 3, ID, 0, this.#recorded], event);
      this.words[at + 2] = (idx + 1) * EVENT_WORDS * 4;
      this.#recorded += 1;
    }
  }

  discard(events: number): void {
    this.#commitOverrun += events;
  }

  stats() {
    const entries = this.#recorded - this.#overrun;
    const bytes = entries * EVENT_WORDS * 4;
    return { entries, overrun: this.#overrun, commitOverrun: this.#commitOverrun, bytes, dropped: 0, read: 0 };
  }

  map() {
    this.mappings += 1;
    return mappedWords(
      SUB_BUF_BYTES,
      () => this.words,
      () => {
        this.mappings -= 1;
      },
    );
  }

  clear(): void {
    this.words.fill(0);
    this.#recorded = this.#overrun = this.#commitOverrun = 0;
  }

  close(): void {}
}

const DECLARATION = JSON.stringify({
  name: 'e',
  system: 'x',
  fields: [{ name: 'n', type: 'int', offset: 8, size: 4, signed: true }],
});

const snapshotsOf = (file: CpuBufferMemory) =>
  new CpuBufferSnapshots({
    file,
    buffer: { cpu: 3 },
    identity: { traceUuid: '01234567-89ab-cdef-0123-456789abcdef', streamClassId: 2, streamInstanceId: 3 },
    channel: { contexts: [], events: new Map([[ID, DECLARATION]]) },
  });

function numbersIn({ records, recordCount }: CopiedPacket): number[] {
  const bytes = Buffer.from(records);
  return Array.from({ length: recordCount }, (_, idx) => bytes.readInt32LE(idx * RECORD_BYTES + 8));
}

function takeAll(copy: SourceCopy): number[] {
  const numbers: number[] = [];
  for (let packet = copy.next(); packet !== null; packet = copy.next()) numbers.push(...numbersIn(packet));
  copy.close();
  return numbers;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, idx) => from + idx);

describe('CpuBufferSnapshots', () => {
  it('copies the newest events, oldest first, as often as asked, and leaves no mapping', () => {
    const file = new FakeCpuMemory();
    const snapshots = snapshotsOf(file);
    expect(takeAll(snapshots.copy(Number.POSITIVE_INFINITY))).toEqual([]);
    const recorded = 6 * EVENTS_PER_PAGE + 5;
    file.record(recorded);
    const kept = range(3 * EVENTS_PER_PAGE, recorded);
    expect(takeAll(snapshots.copy(Number.POSITIVE_INFINITY))).toEqual(kept);
    expect(takeAll(snapshots.copy(Number.POSITIVE_INFINITY))).toEqual(kept);
    expect(file.mappings).toBe(0);
    expect(snapshots.counters()).toEqual({ recorded, discarded: 0, failed: 0, nested: 0 });
    expect(snapshots.bytesWanted()).toBeGreaterThan(kept.length * RECORD_BYTES);
  });

  it('copies only the newest sub-buffers up to a size, and one in any case', () => {
    const file = new FakeCpuMemory();
    const snapshots = snapshotsOf(file);
    file.record(3 * EVENTS_PER_PAGE);
    const newest = range(2 * EVENTS_PER_PAGE, 3 * EVENTS_PER_PAGE);
    expect(takeAll(snapshots.copy(1))).toEqual(newest);
    expect(takeAll(snapshots.copy(2 * EVENTS_PER_PAGE * RECORD_BYTES))).toEqual(newest);
    expect(takeAll(snapshots.copy(100_000))).toEqual(range(0, 3 * EVENTS_PER_PAGE));
  });

  it('counts sub-buffers that are overwritten while it copies, and never mixes old events with new ones', () => {
    const file = new FakeCpuMemory();
    const snapshots = snapshotsOf(file);
    file.record(4 * EVENTS_PER_PAGE);
    const copy = snapshots.copy(Number.POSITIVE_INFINITY);
    file.record(2 * EVENTS_PER_PAGE);
    const packet = copy.next() as CopiedPacket;
    expect(numbersIn(packet)).toEqual(range(2 * EVENTS_PER_PAGE, 4 * EVENTS_PER_PAGE));
    expect([packet.packetSeq, copy.packetsLost]).toEqual([2, 2]);
    expect(copy.next()).toBeNull();
    copy.close();
  });

  it('counts only events that were discarded since the copy began', () => {
    const file = new FakeCpuMemory();
    const snapshots = snapshotsOf(file);
    file.record(5);
    file.discard(7);
    const copy = snapshots.copy(Number.POSITIVE_INFINITY);
    file.discard(2);
    expect(copy.next()?.eventsDiscarded).toBe(2);
    copy.close();
  });

  it('drops what is there, and goes on counting although the kernel begins anew', () => {
    const file = new FakeCpuMemory();
    const snapshots = snapshotsOf(file);
    file.record(9);
    expect(snapshots.drop()).toBe(9);
    expect(takeAll(snapshots.copy(Number.POSITIVE_INFINITY))).toEqual([]);
    file.record(2);
    expect(snapshots.counters().recorded).toBe(11);
  });
});

describe("the kernel's description of a mapped buffer", () => {
  it('is checked before the sub-buffers are mapped', () => {
    expect(shapeOf(Uint32Array.of(4096, 100, 65_536, 9))).toEqual({
      firstByte: 4096,
      subBufBytes: 65_536,
      subBufCount: 9,
    });
    for (const wrong of [[0, 0, 0, 0], [4096, 0, 100, 1], [4096, 0, 4096, 0], [2 ** 31, 0, 4096, 1], []]) {
      expect(() => shapeOf(Uint32Array.from(wrong))).toThrowError(/the kernel describes a buffer/);
    }
  });
});
