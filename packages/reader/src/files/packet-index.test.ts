import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { encodeIndexEntry, encodeIndexHeader, type IndexEntry } from '@ringtail/ctf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { METADATA, packet } from '../testing/small-trace.test.support.ts';
import { TraceStream } from '../trace/trace-stream.ts';
import type { OpenOptions } from '../trace-reader.ts';
import { visitEvents } from '../visit-events.ts';
import { openTraces } from './open-traces.ts';

let root: string;

function write(file: string, content: string | Buffer): void {
  const target = path.join(root, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}

const at = (ns: number) => ({ kind: 'instant', ns: BigInt(ns) }) as const;

function numbers(options: OpenOptions): number[] {
  const reader = openTraces(root, options);
  try {
    return [...reader].flatMap((m) => (m.kind === 'event' ? [Number(m.payload!.n)] : []));
  } finally {
    reader.close();
  }
}

/** Packet i has two events, at 10 i and 10 i + 5, with those numbers. */
const PACKETS = Array.from({ length: 20 }, (_, i) =>
  packet(0, [
    { time: 10 * i, n: 10 * i },
    { time: 10 * i + 5, n: 10 * i + 5 },
  ]),
);

/** The same packet with an event that its metadata does not describe: decoding it fails. */
function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(3, 17);
  return copy;
}

function indexOf(packets: readonly Buffer[]): Buffer {
  let offset = 0;
  const entries = packets.map((bytes) => {
    const entry = {
      offsetBytes: BigInt(offset),
      packetBits: BigInt(bytes.length * 8),
      contentBits: BigInt(bytes.length * 8),
      timestampBegin: bytes.readBigUInt64LE(1),
      timestampEnd: bytes.readBigUInt64LE(9),
      eventsDiscarded: 0n,
      streamClassId: 0n,
      streamInstanceId: 0n,
      packetSequenceNumber: 0n,
    } as IndexEntry;
    offset += bytes.length;
    return encodeIndexEntry(entry);
  });
  return Buffer.concat([encodeIndexHeader(), ...entries]);
}

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-index-'));
  write('metadata', METADATA);
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

describe('a time range', () => {
  it('has the events from its begin to its end, both included', () => {
    write('s', Buffer.concat(PACKETS));
    expect(numbers({ begin: at(45), end: at(60) })).toEqual([45, 50, 55, 60]);
    expect(numbers({ begin: at(46), end: at(49) })).toEqual([]);
    expect(numbers({ begin: at(185) })).toEqual([185, 190, 195]);
    expect(numbers({ end: at(5) })).toEqual([0, 5]);
    expect(numbers({ begin: at(1000) })).toEqual([]);
  });

  it('has the same events where the data stream has too many packets for an index', () => {
    write('metadata', METADATA);
    write('s', Buffer.concat(PACKETS));
    const reader = openTraces(root);
    const [stream] = reader.traces[0]!.streams;
    const budget = { packets: PACKETS.length + 3 };
    expect(new TraceStream(stream!, budget).index.packets).toHaveLength(PACKETS.length);
    expect(budget.packets).toBe(3);
    const second = new TraceStream(stream!, budget);
    expect(second.index).toMatchObject({ packets: [], isOrdered: false });
    expect(second.select({ begin: 95n, end: 110n })).toBeUndefined();
    expect(second.reader({ begin: 95n, end: 110n }).next()).toMatchObject({ item: { seconds: 0, nanoseconds: 0 } });
    reader.close();
  });

  it('is found without decoding the packets before and behind it', () => {
    const packets = PACKETS.map((bytes, i) => (i === 1 || i === 18 ? damaged(bytes) : bytes));
    write('s', Buffer.concat(packets));
    write('index/s.idx', indexOf(packets));
    expect(numbers({ begin: at(100), end: at(110) })).toEqual([100, 105, 110]);
    expect(() => numbers({})).toThrow('packet');
  });

  it('has events outside of their packet’s begin and end: before, behind, and where it was never closed', () => {
    const moved = PACKETS.map((bytes, i) => {
      const copy = Buffer.from(bytes);
      if (i === 4) copy.writeBigUInt64LE(41n, 9);
      if (i === 11) copy.writeBigUInt64LE(112n, 1);
      if (i === 19) copy.writeBigUInt64LE(0n, 9);
      return copy;
    });
    for (const index of [undefined, indexOf(moved), indexOf(PACKETS)]) {
      fs.rmSync(path.join(root, 'index'), { recursive: true, force: true });
      write('s', Buffer.concat(moved));
      if (index !== undefined) write('index/s.idx', index);
      expect(numbers({ begin: at(42), end: at(45) })).toEqual([45]);
      expect(numbers({ begin: at(44), end: at(50) })).toEqual([45, 50]);
      expect(numbers({ begin: at(105), end: at(111) })).toEqual([105, 110]);
      expect(numbers({ begin: at(191) })).toEqual([195]);
    }
  });

  it('is the same for events that are passed over by generated code, in the range and outside of it', () => {
    // The third packet is older than the second, so that no packet can be left out.
    const packets = [0, 4000, 2000, 8000].map((from) =>
      Array.from({ length: 2000 }, (_, i) => ({ time: from + i, n: i % 200 })),
    );
    write('s', Buffer.concat(packets.map((events) => packet(0, events))));
    const range = { begin: at(2_500), end: at(5_500) };
    const wanted = packets.flat().flatMap(({ time, n }) => (time >= 2_500 && time <= 5_500 ? [n] : []));
    expect(numbers(range)).toEqual(wanted);
    const seen: number[] = [];
    const reader = openTraces(root, range);
    visitEvents(reader, { e: (_, n: number) => void seen.push(n) });
    reader.close();
    expect(seen).toEqual(wanted);
  });

  it('reports a last packet of which a part of the padding is missing', () => {
    write('metadata', METADATA.replace('events_discarded', 'content_size'));
    const events = [{ time: 10, n: 1 }];
    const cut = packet(0, events, packet(0, events).length * 8);
    cut.writeUInt32LE(4096 * 8, 17);
    write('s', Buffer.concat([cut, Buffer.alloc(1000)]));
    for (const options of [{}, { begin: at(0) }, { end: at(100) }, { streamIntersection: true }]) {
      expect(() => numbers(options)).toThrow('ends within the packet before');
    }
  });

  it('does not trust an index of another file', () => {
    write('s', Buffer.concat(PACKETS));
    write('index/s.idx', indexOf(PACKETS.toReversed()));
    expect(numbers({ begin: at(100), end: at(110) })).toEqual([100, 105, 110]);
    write('index/s.idx', indexOf(PACKETS.slice(1)));
    expect(numbers({ begin: at(100), end: at(110) })).toEqual([100, 105, 110]);
  });

  it('reports losses as far as they lie in it, without a number where they reach beyond', () => {
    const lossy = [packet(0, [{ time: 10, n: 1 }]), packet(0, [{ time: 30, n: 2 }], 7)];
    write('s', Buffer.concat(lossy));
    const reader = openTraces(root, { begin: at(20) });
    const losses = [...reader].filter((m) => m.kind !== 'event');
    reader.close();
    expect(losses).toMatchObject([
      { kind: 'discarded-events', count: undefined, range: { begin: { nanoseconds: 20 }, end: { nanoseconds: 30 } } },
    ]);
  });
});

describe('overlapping snapshots', () => {
  it('are read as one trace, with the packets that both have once', () => {
    write('one/metadata', METADATA);
    write('two/metadata', METADATA);
    fs.rmSync(path.join(root, 'metadata'));
    write('one/s', Buffer.concat(PACKETS.slice(0, 5)));
    write('two/s', Buffer.concat(PACKETS.slice(3, 8)));
    expect(numbers({})).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75]);
  });
});

describe('the intersection of data streams', () => {
  beforeEach(() => {
    write(
      's0',
      packet(
        0,
        [1, 5, 9].map((n) => ({ time: n, n })),
      ),
    );
    write(
      's1',
      packet(
        1,
        [4, 6, 12].map((n) => ({ time: n, n })),
      ),
    );
  });

  it('is the time from the latest begin to the earliest end', () => {
    expect(numbers({ streamIntersection: true })).toEqual([4, 5, 6, 9]);
  });

  it('is refused where there is none', () => {
    write('s2', packet(2, [{ time: 20, n: 20 }]));
    expect(() => numbers({ streamIntersection: true })).toThrow('no time at which all data streams were recorded');
  });
});

describe('clock offsets', () => {
  it('move all events', () => {
    write('s', Buffer.concat(PACKETS.slice(0, 1)));
    const reader = openTraces(root, { clocks: { offsetSeconds: 2n, offsetNs: -1n } });
    const times = [...reader].map((m) => [m.seconds, m.nanoseconds]);
    reader.close();
    expect(times).toEqual([
      [1, 999_999_999],
      [2, 4],
    ]);
  });
});
