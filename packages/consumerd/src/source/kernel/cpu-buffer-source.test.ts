import { readPacketStart } from '@ringtail/ctf';
import type { CpuStats } from '@ringtail/kernel';
import { describe, expect, it } from 'vitest';
import type { SourcePacket } from '../packet-source.ts';
import type { CpuBufferFile } from './cpu-buffer-file.ts';
import { CpuBufferSource } from './cpu-buffer-source.ts';

const SUB_BUF_BYTES = 1024;
const HEADER_BYTES = 16;
/** Header word of an event, common fields, number of the record. */
const EVENT_BYTES = 16;
const EVENTS_PER_PAGE = (SUB_BUF_BYTES - HEADER_BYTES) / EVENT_BYTES;
/** Bytes of a record in the trace: identifier, time, number. */
const RECORD_BYTES = 12;
const ID = 7;
const START = 1_000_000;
const UUID = '01234567-89ab-cdef-0123-456789abcdef';

/** The kernel's buffer of a CPU: pages that are read one by one. */
class FakeCpuBuffer implements CpuBufferFile {
  readonly stat = { entries: 0, overrun: 0, commitOverrun: 0, bytes: 0, dropped: 0, read: 0 };
  readonly #pages: { readonly words: Uint32Array; readonly events: number }[] = [];
  /** Number of the next record. */
  #next = 0;
  reads = 0;
  isClosed = false;

  /** Records events into a page of their own. @param lost events that were overwritten before the page */
  page(events: number, { lost = 0, id = ID, commit = events * EVENT_BYTES } = {}): this {
    const words = new Uint32Array(SUB_BUF_BYTES / 4);
    words[0] = START + this.#next;
    words[2] = commit | (lost > 0 ? 0xc0000000 : 0);
    for (let i = 0; i < events; i++)
      words.set([(1 << 5) | 3, id, 0, this.#next++], (HEADER_BYTES + i * EVENT_BYTES) / 4);
    if (lost > 0) words[(HEADER_BYTES + commit) / 4] = lost;
    this.stat.overrun += lost;
    this.stat.entries += events;
    this.#pages.push({ words, events });
    return this;
  }

  read(page: Uint8Array): number {
    this.reads += 1;
    const next = this.#pages.shift();
    if (next === undefined) return 0;
    this.stat.entries -= next.events;
    this.stat.read += next.events;
    page.set(new Uint8Array(next.words.buffer));
    return SUB_BUF_BYTES;
  }

  stats(): CpuStats {
    return { ...this.stat };
  }

  close(): void {
    this.isClosed = true;
  }
}

const DECLARATION = JSON.stringify({
  name: 'e',
  system: 'x',
  fields: [{ name: 'n', type: 'int', offset: 8, size: 4, signed: true }],
});

function sourceOf(file: FakeCpuBuffer, { overwrites = false } = {}): CpuBufferSource {
  return new CpuBufferSource({
    file,
    buffer: { cpu: 3, subBufBytes: SUB_BUF_BYTES, bytes: 16 * SUB_BUF_BYTES, overwrites },
    identity: { traceUuid: UUID, streamClassId: 2, streamInstanceId: 3 },
    channel: { contexts: [], events: new Map([[ID, DECLARATION]]) },
  });
}

function numbersIn({ records, recordCount }: SourcePacket): number[] {
  const bytes = Buffer.from(records);
  expect(bytes.length).toBe(recordCount * RECORD_BYTES);
  return Array.from({ length: recordCount }, (_, idx) => bytes.readInt32LE(idx * RECORD_BYTES + 8));
}

/** Takes and releases all packets. */
function takeAll(source: CpuBufferSource): SourcePacket[] {
  const packets: SourcePacket[] = [];
  for (let next = source.get({ takeOpen: true }); next !== null; next = source.get({ takeOpen: true })) {
    packets.push({ ...next, records: next.records.slice() });
    source.release(next);
  }
  return packets;
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, idx) => from + idx);

describe('CpuBufferSource', () => {
  it('gathers the records of several reads, and gives them when the open packet is taken', () => {
    const file = new FakeCpuBuffer().page(5);
    const source = sourceOf(file);
    expect(source.get({ takeOpen: false })).toBeNull();
    file.page(3);
    expect(source.get({ takeOpen: false })).toBeNull();
    expect(source.waitingBytes).toBe(8 * RECORD_BYTES);
    const packet = source.get({ takeOpen: true }) as SourcePacket;
    expect(numbersIn(packet)).toEqual(upTo(8));
    expect(packet).toMatchObject({ packetSeq: 0, endTimestamp: START + 8, eventsDiscarded: 0 });
    expect(packet.after).toMatchObject({ packetSeq: 1, records: 8, lastTimestamp: START + 8 });
    source.release(packet);
    expect(source.get({ takeOpen: true })).toBeNull();
  });

  it('stops reading at a sub-buffer that is not full, unless everything is wanted', () => {
    const file = new FakeCpuBuffer().page(EVENTS_PER_PAGE).page(10).page(EVENTS_PER_PAGE);
    const source = sourceOf(file);
    expect(source.get({ takeOpen: false })).toBeNull();
    expect(file.reads).toBe(2);
    expect(takeAll(source).flatMap(numbersIn)).toEqual(upTo(2 * EVENTS_PER_PAGE + 10));
  });

  it('does not chase events that come while it takes everything', () => {
    const file = new FakeCpuBuffer().page(4);
    const source = sourceOf(file);
    const read = file.read.bind(file);
    file.read = (page) => {
      const bytes = read(page);
      if (file.reads < 1000) file.page(1);
      return bytes;
    };
    expect(takeAll(source).flatMap(numbersIn)).toEqual(upTo(4));
  });

  it('gives the same packet again, or a longer one, until it is released', () => {
    const file = new FakeCpuBuffer().page(2);
    const source = sourceOf(file);
    const first = source.get({ takeOpen: true }) as SourcePacket;
    expect(numbersIn(first)).toEqual([0, 1]);
    file.page(1);
    const longer = source.get({ takeOpen: true }) as SourcePacket;
    expect(numbersIn(longer)).toEqual([0, 1, 2]);
    expect(longer.packetSeq).toBe(first.packetSeq);
  });

  it('cuts packets in the middle of a page, each record in one packet', () => {
    const pages = 600;
    const file = new FakeCpuBuffer();
    for (let i = 0; i < pages; i++) file.page(EVENTS_PER_PAGE);
    const packets = takeAll(sourceOf(file));
    expect(packets.length).toBeGreaterThan(1);
    expect(packets.flatMap(numbersIn)).toEqual(upTo(pages * EVENTS_PER_PAGE));
    for (const [idx, { packetSeq, beginTimestamp }] of packets.entries()) {
      expect(packetSeq).toBe(idx);
      if (idx > 0) expect(beginTimestamp).toBe(packets[idx - 1]?.endTimestamp);
    }
    expect(packets.at(-1)?.after.records).toBe(pages * EVENTS_PER_PAGE);
  });

  it('keeps full packets while they are not released, and leaves the rest in the kernel', () => {
    const file = new FakeCpuBuffer();
    for (let i = 0; i < 600; i++) file.page(EVENTS_PER_PAGE);
    const source = sourceOf(file);
    const packet = source.get({ takeOpen: false });
    const { reads } = file;
    expect(source.get({ takeOpen: false })?.recordCount).toBe(packet?.recordCount);
    expect(file.reads).toBe(reads);
  });

  it('puts the number of dropped events on the packet, from the counters of the kernel', () => {
    const file = new FakeCpuBuffer().page(1);
    file.stat.dropped = 40;
    file.stat.commitOverrun = 2;
    const source = sourceOf(file);
    expect(takeAll(source).map(({ eventsDiscarded }) => eventsDiscarded)).toEqual([42]);
    expect(source.counters()).toEqual({ recorded: 1, discarded: 42, failed: 0, nested: 0 });
  });

  it('puts overwritten events on the packet by what the pages say', () => {
    const file = new FakeCpuBuffer().page(1).page(1, { lost: 5 });
    const source = sourceOf(file, { overwrites: true });
    expect(takeAll(source).map(({ eventsDiscarded }) => eventsDiscarded)).toEqual([5]);
    file.stat.overrun += 3;
    expect(source.counters().discarded).toBe(8);
  });

  it('counts events that the trace does not describe as failed', () => {
    const file = new FakeCpuBuffer().page(2, { id: 9 }).page(1);
    const source = sourceOf(file);
    expect(takeAll(source).flatMap(numbersIn)).toEqual([2]);
    expect(source.counters()).toMatchObject({ recorded: 3, failed: 2 });
    expect(source.position.records).toBe(3);
  });

  it('continues after a former consumer, and counts what that took and did not write', () => {
    const file = new FakeCpuBuffer().page(3).page(2);
    const former = sourceOf(file);
    const packet = former.get({ takeOpen: true }) as SourcePacket;
    const { after } = packet;
    former.release(packet);
    file.page(6);
    former.get({ takeOpen: false });
    file.page(1);
    const source = sourceOf(file);
    source.moveTo(after);
    const [next] = takeAll(source);
    expect(next).toMatchObject({ packetSeq: 1, beginTimestamp: after.lastTimestamp, eventsDiscarded: 6 });
    expect(numbersIn(next as SourcePacket)).toEqual([11]);
    expect(source.position.records).toBe(12);
    expect(() => source.moveTo({ ...after, records: 99 })).toThrowError(
      expect.objectContaining({ code: 'UNEXPECTED' }),
    );
  });

  it('counts everything that a former consumer took as discarded, if that wrote no packet', () => {
    const file = new FakeCpuBuffer().page(3);
    sourceOf(file).get({ takeOpen: false });
    file.page(2);
    const source = sourceOf(file);
    expect(source.storesPosition).toBe(false);
    source.moveTo({ ...source.position, records: 0 });
    expect(takeAll(source)).toMatchObject([{ packetSeq: 0, recordCount: 2, eventsDiscarded: 3 }]);
    expect(source.position.records).toBe(5);
  });

  it('drops what waits and what the kernel has', () => {
    const file = new FakeCpuBuffer().page(3);
    const source = sourceOf(file);
    source.get({ takeOpen: false });
    file.page(EVENTS_PER_PAGE).page(2);
    expect(source.drop()).toBe(EVENTS_PER_PAGE + 5);
    file.page(1);
    const packets = takeAll(source);
    expect(packets.flatMap(numbersIn)).toEqual([EVENTS_PER_PAGE + 5]);
    expect(packets[0]?.packetSeq).toBe(0);
    expect(source.position.records).toBe(EVENTS_PER_PAGE + 6);
  });

  it('gives the records before the damage of a page, then fails', () => {
    const source = sourceOf(new FakeCpuBuffer().page(2, { commit: SUB_BUF_BYTES * 2 }));
    expect(() => source.get({ takeOpen: true })).toThrowError(expect.objectContaining({ code: 'CORRUPT' }));
  });

  it('has headers of whole words with the number of the CPU', () => {
    const source = sourceOf(new FakeCpuBuffer().page(1));
    const packet = source.get({ takeOpen: true }) as SourcePacket;
    const header = Buffer.from(source.encodeHeader(packet));
    expect(header.length).toBe(84);
    expect(header.readUInt32LE(80)).toBe(3);
    expect(readPacketStart(Buffer.concat([header, packet.records]))).toMatchObject({
      traceUuid: UUID,
      streamClassId: 2,
      streamInstanceId: 3n,
      packetBytes: 84 + RECORD_BYTES,
    });
  });
});
