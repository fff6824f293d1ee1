import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseIndexFile } from '@ringtail/ctf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReaderError } from '../reader-error.ts';
import { METADATA, packet } from '../testing/small-trace.test.support.ts';
import type { OpenOptions } from '../trace-reader.ts';
import { writeCtf } from './ctf-writer.ts';
import { openTraces } from './open-traces.ts';

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-writer-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function write(file: string, content: string | Buffer): void {
  const target = path.join(root, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}

function convert(from: string, to: string, version: 1 | 2, options: OpenOptions = {}) {
  const reader = openTraces(from, { ...options, keepsHeaders: true });
  try {
    return writeCtf(reader, to, { version });
  } finally {
    reader.close();
  }
}

function numbers(directory: string): number[] {
  const reader = openTraces(directory);
  try {
    return [...reader].flatMap((m) => (m.kind === 'event' ? [Number(m.payload!.n)] : []));
  } finally {
    reader.close();
  }
}

const ns = (value: number) => ({ kind: 'instant', ns: BigInt(value) }) as const;

describe('writing a trace as CTF 1.8', () => {
  beforeEach(() => {
    const events = (from: number) => [from, from + 3, from + 6].map((n) => ({ time: n, n }));
    write('in/metadata', METADATA);
    write('in/s', Buffer.concat([0, 10, 20, 30].map((from) => packet(0, events(from)))));
  });

  it('copies the files of a whole trace', () => {
    expect(convert(path.join(root, 'in'), path.join(root, 'out'), 1)).toMatchObject({
      filesCopied: 1,
      packetsWritten: 0,
    });
    expect(fs.readFileSync(path.join(root, 'out/s'))).toEqual(fs.readFileSync(path.join(root, 'in/s')));
    expect(numbers(path.join(root, 'out'))).toEqual([0, 3, 6, 10, 13, 16, 20, 23, 26, 30, 33, 36]);
  });

  it('copies the packets that lie in a time range whole, and cuts the packets at its ends', () => {
    const range = { begin: ns(3), end: ns(30) };
    expect(convert(path.join(root, 'in'), path.join(root, 'out'), 1, range)).toMatchObject({
      filesCopied: 0,
      packetsCopied: 2,
      packetsWritten: 2,
    });
    expect(numbers(path.join(root, 'out'))).toEqual([3, 6, 10, 13, 16, 20, 23, 26, 30]);
    const reader = openTraces(path.join(root, 'out'));
    const packets = reader.traces[0]!.streams[0]!.index.packets.map(({ beginNs, endNs }) => [beginNs, endNs]);
    reader.close();
    expect(packets).toEqual([
      [3n, 6n],
      [10n, 16n],
      [20n, 26n],
      [30n, 30n],
    ]);
  });

  it('leaves out unwanted events, and keeps packets that have none left', () => {
    convert(path.join(root, 'in'), path.join(root, 'out'), 1, { keep: ({ payload }) => Number(payload!.n) >= 20 });
    expect(numbers(path.join(root, 'out'))).toEqual([20, 23, 26, 30, 33, 36]);
    const reader = openTraces(path.join(root, 'out'));
    expect(reader.traces[0]!.streams[0]!.index.packets).toHaveLength(4);
    reader.close();
  });

  it('overwrites nothing', () => {
    write('out/metadata', 'precious');
    expect(() => convert(path.join(root, 'in'), path.join(root, 'out'), 1)).toThrow(ReaderError);
    expect(fs.readFileSync(path.join(root, 'out/metadata'), 'utf8')).toBe('precious');
  });

  it('reports damage instead of leaving it out', () => {
    const bytes = fs.readFileSync(path.join(root, 'in/s'));
    write('in/s', bytes.subarray(0, bytes.length - 30));
    expect(() => convert(path.join(root, 'in'), path.join(root, 'out'), 1, { begin: ns(3) })).toThrow();
  });
});

const NARROW = METADATA.replace(
  'event.header := struct { t64 timestamp; };',
  'event.header := struct { integer { size = 8; map = clock.c.value; } timestamp; };',
);

describe('events whose headers contain only the low bits of the time', () => {
  it('get a packet of their own where so much before them is left out that the time would be lost', () => {
    const bytes = Buffer.alloc(26 + 2 * 5);
    packet(0, [
      { time: 0, n: 0 },
      { time: 800, n: 0 },
    ]).copy(bytes, 0, 0, 26);
    bytes.writeUInt32LE(bytes.length * 8, 17);
    for (let i = 0; i < 5; i++) {
      bytes.writeUInt8((200 * i) % 256, 26 + 2 * i);
      bytes.writeUInt8(i, 27 + 2 * i);
    }
    write('in/metadata', NARROW);
    write('in/s', bytes);
    convert(path.join(root, 'in'), path.join(root, 'out'), 1, {
      keep: ({ payload }) => payload!.n !== 2 && payload!.n !== 3,
    });
    const reader = openTraces(path.join(root, 'out'));
    const events = [...reader].flatMap((m) => (m.kind === 'event' ? [[m.nanoseconds, m.payload!.n]] : []));
    reader.close();
    expect(events).toEqual([
      [0, 0],
      [200, 1],
      [800, 4],
    ]);
  });
});

describe('a trace with a malformed packet', () => {
  const packets = (): Buffer[] =>
    [0, 10, 20].map((n) =>
      packet(
        0,
        [n, n + 3, n + 6].map((time) => ({ time, n: time })),
      ),
    );

  /** Makes the second packet end within its last event record, although its size says otherwise. */
  beforeEach(() => {
    const [first, second, third] = packets();
    const cut = second!.subarray(0, second!.length - 4);
    cut.writeUInt32LE(cut.length * 8, 17);
    write('in/metadata', METADATA);
    write('in/s', Buffer.concat([first!, cut, third!]));
    write('in/t', packet(1, [{ time: 5, n: 5 }]));
  });

  const convertOrReport = (options: OpenOptions) => {
    const errors: string[] = [];
    const report = convert(path.join(root, 'in'), path.join(root, 'out'), 1, {
      ...options,
      onError: (error) => void errors.push(error.describe()),
    });
    return { errors, report, written: numbers(path.join(root, 'out')) };
  };

  it('is written up to the damage, and the other files whole', () => {
    const { errors, written } = convertOrReport({ keep: () => true });
    expect(errors).toEqual([expect.stringMatching(/packet 1 \(at byte 53\)/)]);
    expect(written).toEqual([0, 3, 5, 6, 10, 13]);
  });

  it.each([{}, { keep: () => true }, { begin: ns(3) }])(
    'is written without the damage when that is wanted',
    (options) => {
      const { errors, report, written } = convertOrReport({ keepGoing: true, ...options });
      expect(errors).toEqual([expect.stringMatching(/packet [01] \(at byte 53\)/)]);
      expect(written).toEqual([0, 3, 5, 6, 10, 13, 20, 23, 26].filter((n) => options.begin === undefined || n >= 3));
      expect(report.packetsCopied).toBe(0);
    },
  );

  it('is copied as it is when neither is asked for', () => {
    convert(path.join(root, 'in'), path.join(root, 'out'), 1);
    expect(fs.readFileSync(path.join(root, 'out/s'))).toEqual(fs.readFileSync(path.join(root, 'in/s')));
  });
});

describe("LTTng's index", () => {
  it('is written for files that are encoded anew, where they had one', () => {
    write('in/metadata', METADATA);
    for (const [name, stream] of [
      ['s', 0],
      ['t', 1],
    ] as const) {
      const events = [0, 10].map((from) => [from, from + 3].map((time) => ({ time, n: time })));
      write(`in/${name}`, Buffer.concat(events.map((some) => packet(stream, some, 7))));
    }
    write('in/index/s.idx', 'an index, whatever it says');
    convert(path.join(root, 'in'), path.join(root, 'out'), 2, { keep: ({ payload }) => payload!.n !== 13 });
    expect(fs.readdirSync(path.join(root, 'out/index'))).toEqual(['s.idx']);
    const index = parseIndexFile(fs.readFileSync(path.join(root, 'out/index/s.idx')))!;
    expect(index.trailingBytes).toBe(0);
    expect(index.entries).toEqual([
      {
        offsetBytes: 0n,
        packetBits: 352n,
        contentBits: 352n,
        timestampBegin: 0n,
        timestampEnd: 3n,
        eventsDiscarded: 7n,
        streamClassId: 0n,
        streamInstanceId: 0n,
        packetSequenceNumber: 0n,
      },
      expect.objectContaining({ offsetBytes: 44n, packetBits: 280n, timestampBegin: 10n, timestampEnd: 13n }),
    ]);
  });
});
