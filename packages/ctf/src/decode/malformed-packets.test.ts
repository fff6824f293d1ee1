import { describe, expect, it } from 'vitest';
import { parseMetadata } from '../metadata/parse-metadata.ts';
import { TraceDecoder } from './data-stream-decoder.ts';
import { DataStreamReader } from './data-stream-reader.ts';
import { BufferMedium, type Medium } from './medium.ts';
import { TraceFormatError } from './trace-format-error.ts';

const METADATA = (magic: string) => `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 32; } := u32;
trace { major = 1; minor = 8; byte_order = be; packet.header := struct { ${magic} u8 stream_id; }; };
clock { name = c; };
stream { id = 1; packet.context := struct { u8 packet_size; u8 packet_seq_num; }; event.header := struct { u8 id; }; };
stream { id = 2; packet.context := struct { u8 content_size; u8 events_discarded; }; };
event { name = a; stream_id = 1; id = 0; fields := struct { u8 n; }; };
event { name = b; stream_id = 2; fields := struct { u8 m; }; };
`;

const MAGIC = [0xc1, 0xfc, 0x1f, 0xc1];

/** Packets of class 1: header, size, sequence number, then pairs of event identifier and value. */
function one(sequence: number, ...records: readonly number[]): number[] {
  return [...MAGIC, 1, (7 + records.length) * 8, sequence, ...records];
}

function two(discarded: number, ...records: readonly number[]): number[] {
  return [...MAGIC, 2, (7 + records.length) * 8, discarded, ...records];
}

/** Values of the events, counts of losses, codes of errors, in the order in which they come. */
function readOn(bytes: readonly number[], magic = 'u32 magic;'): (number | bigint | string | undefined)[] {
  const trace = new TraceDecoder(parseMetadata(new TextEncoder().encode(METADATA(magic))));
  const identity = { class: trace.class, name: '', uuid: undefined };
  const medium = new BufferMedium(Uint8Array.from(bytes));
  const reader = new DataStreamReader(trace, identity, [{ name: 'file', medium }], 0n);
  const seen: (number | bigint | string | undefined)[] = [];
  for (;;) {
    try {
      const next = reader.next();
      if (next.kind !== 'item') return seen;
      const message = next.item;
      seen.push(message.kind === 'event' ? Number(message.payload!.n ?? message.payload!.m) : message.count);
    } catch (error) {
      expect(error).toBeInstanceOf(TraceFormatError);
      expect((error as TraceFormatError).path[0]).toBe('file');
      seen.push((error as TraceFormatError).code);
      if (!reader.skipPacket()) seen.push('end');
    }
  }
}

describe('a file with packets of several data stream classes', () => {
  it('is read as several data streams, each with its own losses', () => {
    const bytes = [...one(1, 0, 10), ...two(0, 20), ...one(2, 0, 11), ...two(5, 21), ...one(4, 0, 12)];
    expect(readOn(bytes)).toEqual([10, 20, 11, 5n, 21, 1n, 12]);
  });
});

describe('a packet without its total size', () => {
  it('fills its last byte', () => {
    const cut = [...MAGIC, 2, 7 * 8 + 4, 0, 0xff];
    expect(readOn([...cut, ...two(0, 21)])).toEqual(['PAST_CONTENT', 21]);
  });
});

describe('elements without a bit', () => {
  it('are as many as the size of the packet allows', () => {
    const text = `/* CTF 1.8 */ trace { major = 1; minor = 8; byte_order = le; };
      event { name = e; fields := struct { integer { size = 8; } n; struct { struct { } a[200]; } s[200]; }; };`;
    const trace = new TraceDecoder(parseMetadata(new TextEncoder().encode(text)));
    const medium = new BufferMedium(new Uint8Array(1000));
    const identity = { class: trace.class, name: '', uuid: undefined };
    const reader = new DataStreamReader(trace, identity, [{ name: 'file', medium }], 0n);
    expect(reader.next().kind).toBe('item');
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });
});

describe('a variant whose name is the begin of another field’s name', () => {
  it('leaves that field known', () => {
    const text = `/* CTF 1.8 */ trace { major = 1; minor = 8; byte_order = le; }; typealias integer { size = 8; } := u8;
      event { name = e; fields := struct { enum : u8 { A } tag; variant <tag> { u8 A; } t; variant <tag> { u8 A; } u; }; };`;
    const trace = new TraceDecoder(parseMetadata(new TextEncoder().encode(text)));
    const medium = new BufferMedium(Uint8Array.of(0, 1, 2, 0, 3, 4));
    const identity = { class: trace.class, name: '', uuid: undefined };
    const reader = new DataStreamReader(trace, identity, [{ name: 'file', medium }], 0n);
    const values = [1, 2].map(() => {
      const next = reader.next();
      return next.kind === 'item' && next.item.kind === 'event' && next.item.payload;
    });
    expect(values).toMatchObject([
      { t: { value: 1 }, u: { value: 2 } },
      { t: { value: 3 }, u: { value: 4 } },
    ]);
  });
});

describe('behind a malformed packet', () => {
  it('reading continues with the next one, if the size of the packet is known', () => {
    expect(readOn([...one(1, 0, 10, 9, 99, 0, 11), ...one(2, 0, 12)])).toEqual([10, 'UNKNOWN_EVENT_RECORD_CLASS', 12]);
    expect(readOn([...one(1, 0, 10, 0), ...one(2, 0, 12)])).toEqual([10, 'PAST_CONTENT', 12]);
  });

  it('reading goes on at the next magic number, if its header or context is damaged', () => {
    const damaged = [...one(2, 0, 11)];
    damaged[5] = 8;
    expect(readOn([...one(1, 0, 10), ...damaged, ...one(3, 0, 12)])).toEqual([10, 'BAD_PACKET_SIZE', 1n, 12]);
    const unknown = [...one(2, 0, 11)];
    unknown[4] = 7;
    expect(readOn([...unknown, ...one(3, 0, 12)])).toEqual(['UNKNOWN_DATA_STREAM_CLASS', 12]);
    expect(readOn([0, 0, ...one(3, 0, 12)])).toEqual(['BAD_MAGIC', 12]);
    expect(readOn([0, 0, 0, 0, ...MAGIC.slice(0, 3)])).toEqual(['BAD_MAGIC', 'end']);
  });

  it('there is nothing to be found without magic numbers', () => {
    const bytes = [1, 32, 1, 0, 9, 64, 1, 0];
    expect(readOn(bytes, '')).toEqual(['PAST_CONTENT', 'UNKNOWN_DATA_STREAM_CLASS', 'end']);
    expect(readOn([9, ...bytes], '')).toEqual(['UNKNOWN_DATA_STREAM_CLASS', 'end']);
  });

  it('nothing is read where the data ends within it', () => {
    expect(readOn([...one(1, 0, 10), ...one(2, 0, 11, 0, 12).slice(0, -1)])).toEqual([10, 11, 'TRUNCATED', 'end']);
  });

  it('reading ends with an error after a thousand of them', () => {
    const seen = readOn(Array.from({ length: 3000 }, () => [...MAGIC, 7]).flat());
    expect(seen.slice(0, 1001)).toEqual(new Array(1001).fill('UNKNOWN_DATA_STREAM_CLASS'));
    expect(seen.slice(1001)).toEqual(['GIVEN_UP', 'end']);
  });

  it('the next one is searched for within 256 MiB of a file that may be a terabyte of zeros', () => {
    const trace = new TraceDecoder(parseMetadata(new TextEncoder().encode(METADATA('u32 magic;'))));
    const zeros = new Uint8Array(2 ** 24);
    let furthest = 0;
    const medium: Medium = {
      read: (offset) => {
        furthest = Math.max(furthest, offset);
        return { kind: 'item', item: zeros };
      },
    };
    const identity = { class: trace.class, name: '', uuid: undefined };
    const reader = new DataStreamReader(trace, identity, [{ name: 'file', medium }], 0n);
    for (const code of ['BAD_MAGIC', 'GIVEN_UP']) {
      expect(() => reader.next()).toThrow(expect.objectContaining({ code }));
      expect(reader.skipPacket()).toBe(code === 'BAD_MAGIC');
    }
    expect(reader.next()).toEqual({ kind: 'end' });
    expect(furthest).toBeGreaterThan(2 ** 27);
    expect(furthest).toBeLessThan(2 ** 29);
  });
});

describe('arrays that claim more elements than memory can hold', () => {
  it('are refused before they are made, as of single bits in a packet of 100 MiB', () => {
    const text = `/* CTF 1.8 */ trace { major = 1; minor = 8; byte_order = le; };
      typealias integer { size = 1; align = 1; } := bit;
      event { name = e; fields := struct { integer { size = 32; } n; struct { bit a; bit b; } s[n]; }; };`;
    const trace = new TraceDecoder(parseMetadata(new TextEncoder().encode(text)));
    const bytes = new Uint8Array(100 * 2 ** 20);
    new DataView(bytes.buffer).setUint32(0, 4 * bytes.length - 1000, true);
    const identity = { class: trace.class, name: '', uuid: undefined };
    const reader = new DataStreamReader(trace, identity, [{ name: 'file', medium: new BufferMedium(bytes) }], 0n);
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });
});
