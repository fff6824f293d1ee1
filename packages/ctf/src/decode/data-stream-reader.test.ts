import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMetadata } from '../metadata/parse-metadata.ts';
import { TraceDecoder } from './data-stream-decoder.ts';
import { DataStreamReader, readFirstPacket } from './data-stream-reader.ts';
import { AGAIN, BufferMedium, type Medium } from './medium.ts';
import type { EventMessage, Message } from './messages.ts';
import { TraceFormatError } from './trace-format-error.ts';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 16; } := u16;
typealias integer { size = 32; } := u32;
typealias integer { size = 32; map = clock.c.value; } := t32;
typealias integer { size = 64; map = clock.c.value; } := t64;
trace { major = 1; minor = 8; byte_order = le; packet.header := struct { u32 magic; u8 stream_id; }; };
clock { name = c; offset_s = 100; };
stream {
  id = 0;
  packet.context := struct {
    t64 timestamp_begin; t64 timestamp_end; u32 content_size; u32 packet_size; u32 events_discarded; u32 packet_seq_num;
  };
  event.header := struct { u8 id; t32 timestamp; };
};
event { name = text; id = 0; fields := struct { string _s; }; };
event {
  name = all; id = 1;
  fields := struct {
    u16 n; u8 items[n]; integer { size = 3; signed = 1; } bits; integer { size = 8; align = 8; encoding = UTF8; } chars[3];
    enum : u8 { one = 1, few = 2 ... 9 } tag; variant <tag> { u32 one; struct { u8 x; } few; } v;
    struct { } nothing[n]; floating_point { exp_dig = 8; mant_dig = 24; align = 32; } f; struct { u8 y; } deep[2];
  } align(32);
};
event { name = huge; id = 2; fields := struct { u32 n; u8 items[n]; }; };
event { name = empty; id = 3; };
`;

const TRACE = new TraceDecoder(parseMetadata(new TextEncoder().encode(METADATA)));
const HEADER_BYTES = 5 + 8 + 8 + 16;

interface PacketOptions {
  readonly begin?: bigint;
  readonly end?: bigint;
  readonly discarded?: number;
  readonly sequence?: number;
  readonly padding?: number;
  readonly contentBits?: number;
  readonly magic?: number;
  readonly classId?: number;
}

function packet(records: readonly Uint8Array[], options: PacketOptions = {}): Uint8Array {
  const content = HEADER_BYTES + records.reduce((sum, record) => sum + record.length, 0);
  const bytes = new Uint8Array(content + (options.padding ?? 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, options.magic ?? 0xc1fc1fc1, true);
  bytes[4] = options.classId ?? 0;
  view.setBigUint64(5, options.begin ?? 0n, true);
  view.setBigUint64(13, options.end ?? options.begin ?? 0n, true);
  view.setUint32(21, options.contentBits ?? content * 8, true);
  view.setUint32(25, bytes.length * 8, true);
  view.setUint32(29, options.discarded ?? 0, true);
  view.setUint32(33, options.sequence ?? 0, true);
  let at = HEADER_BYTES;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

function record(id: number, time: number, payload: readonly number[] | Uint8Array = []): Uint8Array {
  const bytes = new Uint8Array(5 + payload.length);
  bytes[0] = id;
  new DataView(bytes.buffer).setUint32(1, time, true);
  bytes.set(payload, 5);
  return bytes;
}

const text = (time: number, value: string) => record(0, time, new TextEncoder().encode(`${value}\0`));

function readerOf(medium: Medium): DataStreamReader {
  const identity = { class: TRACE.class, name: 'test', uuid: undefined };
  return new DataStreamReader(TRACE, identity, [{ name: 'file', medium }], 0n);
}

/** Everything up to the end or an error. */
function readAll(medium: Medium): { messages: Message[]; error: unknown } {
  const reader = readerOf(medium);
  const messages: Message[] = [];
  try {
    for (;;) {
      const next = reader.next();
      if (next.kind === 'end') return { messages, error: undefined };
      if (next.kind === 'item') messages.push(next.item);
    }
  } catch (error) {
    expect(reader.next().kind).toBe('end');
    return { messages, error };
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const texts = (messages: readonly Message[]) => messages.map((m) => (m as EventMessage).payload?.s);

describe('data stream reader', () => {
  it('decodes the fields of an event to plain values', () => {
    const payload = [
      ...[2, 0, 7, 8, 0b101, 0x68, 0x69, 0, 3, 42], // n items bits chars tag v
      ...[0, 0, 0, 0, 0xc0, 0x3f, 5, 6], // padding to 32 bits, f, deep
    ];
    // Header and context have 37 bytes and the event header 5, so the payload starts at 44.
    const bytes = packet([record(1, 5, [0, 0, ...payload])], { begin: 4n });
    const { messages, error } = readAll(new BufferMedium(bytes));
    expect(error).toBeUndefined();
    const [event] = messages as [EventMessage];
    expect(event.class.name).toBe('all');
    expect(event.at).toBe(100_000_000_005n);
    expect(event.cycles).toBe(5n);
    expect(event.payload).toEqual({
      n: 2,
      items: [7, 8],
      bits: -3,
      chars: 'hi',
      tag: 3,
      v: { option: 1, value: { x: 42 } },
      nothing: [{}, {}],
      f: 1.5,
      deep: [{ y: 5 }, { y: 6 }],
    });
  });

  it('lets truncated timestamps wrap, from the begin of the packet on', () => {
    const begin = 0x1_ffff_fff0n;
    const bytes = packet([text(0xffff_fff5, 'a'), text(3, 'b'), text(3, 'c'), text(2, 'd')], { begin });
    const { messages } = readAll(new BufferMedium(bytes));
    expect(messages.map((m) => (m as EventMessage).cycles)).toEqual([
      0x1_ffff_fff5n,
      0x2_0000_0003n,
      0x2_0000_0003n,
      0x3_0000_0002n,
    ]);
  });

  it('reads packets larger than its window, with records across its borders', () => {
    const values = Array.from({ length: 400 }, (_, i) => String(i).padEnd(1 + ((i * 37) % 1500), 'x'));
    const long = 'y'.repeat(300_000);
    const bytes = packet([...values.map((value, i) => text(i, value)), text(400, long)], { padding: 9 });
    const whole = concat(bytes, packet([text(401, 'after')], { begin: 400n, sequence: 1 }));
    const stingy: Medium = {
      read: (offset, bytesMin) =>
        offset >= whole.length ? { kind: 'end' } : { kind: 'item', item: whole.slice(offset, offset + bytesMin) },
    };
    for (const medium of [stingy, new BufferMedium(whole)]) {
      const { messages, error } = readAll(medium);
      expect(error).toBeUndefined();
      expect(texts(messages)).toEqual([...values, long, 'after']);
    }
  });

  it('answers again where a live medium does, and loses nothing by it', () => {
    const bytes = packet(Array.from({ length: 3000 }, (_, i) => text(i, `event ${i} ${'z'.repeat(40)}`)));
    let turn = 0;
    const live: Medium = {
      read: (offset, bytesMin) => {
        if (turn++ % 3 !== 0) return AGAIN;
        if (offset >= bytes.length) return { kind: 'end' };
        return { kind: 'item', item: bytes.slice(offset, offset + bytesMin) };
      },
    };
    const { messages, error } = readAll(live);
    expect(error).toBeUndefined();
    expect(messages).toHaveLength(3000);
    expect(messages.map((m) => (m as EventMessage).cycles)).toEqual(messages.map((_, i) => BigInt(i)));
  });

  it('yields the records before a cut at any byte, then TRUNCATED', () => {
    const first = packet([text(1, 'one')]);
    const whole = concat(first, packet([text(2, 'two'), text(3, 'three')], { begin: 2n, sequence: 1, padding: 4 }));
    const ends = [first.length + HEADER_BYTES + 9, first.length + HEADER_BYTES + 20];
    for (let cut = first.length + 1; cut < whole.length; cut++) {
      const { messages, error } = readAll(new BufferMedium(whole.subarray(0, cut)));
      expect(texts(messages)).toEqual(['one', 'two', 'three'].slice(0, 1 + ends.filter((end) => end <= cut).length));
      expect(error).toMatchObject({ name: 'TraceFormatError', code: 'TRUNCATED' });
      expect((error as TraceFormatError).path[0]).toBe('file');
    }
  });

  it('reports file, packet, event and field of an error, and the bit', () => {
    const bytes = concat(packet([text(1, 'one')]), packet([record(1, 2, [0, 0, 9, 0])], { begin: 1n, sequence: 1 }));
    const { error } = readAll(new BufferMedium(bytes));
    expect(error).toMatchObject({ code: 'PAST_CONTENT', at: (HEADER_BYTES + 5 + 4) * 8 });
    expect((error as TraceFormatError).path).toEqual([
      'file',
      'packet 1 (at byte 46)',
      'event all',
      'event-record-payload.items',
    ]);
  });

  it.each([
    ['BAD_MAGIC', packet([], { magic: 1 })],
    ['UNKNOWN_DATA_STREAM_CLASS', packet([], { classId: 9 })],
    ['UNKNOWN_EVENT_RECORD_CLASS', packet([record(99, 0)])],
    ['NO_VARIANT_OPTION', packet([record(1, 0, [0, 0, 0, 0, 0, 1, 1, 1, 200])])],
    ['BAD_PACKET_SIZE', packet([], { contentBits: 8 })],
    ['BAD_PACKET_SIZE', packet([], { contentBits: 8000 })],
    ['PAST_CONTENT', packet([record(2, 0, [255, 255, 255, 255])])],
  ])('reports %s', (code, bytes) => {
    expect(readAll(new BufferMedium(bytes)).error).toMatchObject({ name: 'TraceFormatError', code });
  });

  it('reports discarded events and lost packets before the packet that shows them', () => {
    const bytes = concat(
      packet([text(11, 'a')], { begin: 10n, end: 20n, discarded: 2, sequence: 5 }),
      packet([text(31, 'b')], { begin: 30n, end: 40n, discarded: 2, sequence: 6 }),
      packet([text(51, 'c')], { begin: 50n, end: 60n, discarded: 9, sequence: 9 }),
    );
    const { messages } = readAll(new BufferMedium(bytes));
    const at = (nanoseconds: number) => ({ seconds: 100, nanoseconds });
    expect(messages.map((m) => (m.kind === 'event' ? m.payload?.s : [m.kind, m.count, m.range]))).toEqual([
      ['discarded-events', undefined, { begin: at(10), end: at(20) }],
      'a',
      'b',
      ['discarded-events', 7n, { begin: at(40), end: at(60) }],
      ['discarded-packets', 2n, { begin: at(40), end: at(50) }],
      'c',
    ]);
  });

  it('counts on where the counters of losses wrap, and gives no number where they go down', () => {
    const bytes = concat(
      packet([], { begin: 10n, end: 20n, discarded: 0xffff_fffe, sequence: 0xffff_fffe }),
      packet([], { begin: 30n, end: 40n, discarded: 3, sequence: 1 }),
      packet([], { begin: 50n, end: 60n, discarded: 1, sequence: 0 }),
      packet([], { begin: 70n, end: 80n, discarded: 1, sequence: 1 }),
    );
    const { messages } = readAll(new BufferMedium(bytes));
    const at = (nanoseconds: number) => ({ seconds: 100, nanoseconds });
    expect(messages.slice(1).map((m) => (m.kind === 'event' ? m : [m.kind, m.count, m.range]))).toEqual([
      ['discarded-events', 5n, { begin: at(20), end: at(40) }],
      ['discarded-packets', 2n, { begin: at(20), end: at(30) }],
      ['discarded-events', undefined, { begin: at(40), end: at(60) }],
      ['discarded-packets', undefined, { begin: at(40), end: at(50) }],
    ]);
  });

  it('reports no time range for losses between packets in disorder', () => {
    const bytes = concat(
      packet([], { begin: 50n, end: 60n, sequence: 7 }),
      packet([], { begin: 30n, end: 40n, sequence: 6 }),
    );
    const { messages } = readAll(new BufferMedium(bytes));
    expect(messages).toMatchObject([{ kind: 'discarded-packets', count: undefined, range: undefined }]);
  });

  it('describes the first packet without reading on', () => {
    const bytes = packet([text(1, 'one')], { begin: 7n });
    const first = readFirstPacket(TRACE, { name: 'file', medium: new BufferMedium(bytes.subarray(0, HEADER_BYTES)) });
    expect(first).toMatchObject({ kind: 'item', item: { id: undefined, beginNs: 100_000_000_007n } });
  });

  it('meets random bytes with messages or a TraceFormatError, and comes to an end', () => {
    const header = packet([], { end: 1000n }).subarray(0, HEADER_BYTES);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((body) => packet([body])),
      fc.uint8Array({ maxLength: 300 }).map((body) => concat(header, body)),
      fc
        .tuple(
          fc.array(fc.tuple(fc.nat(3), fc.nat(9), fc.uint8Array({ maxLength: 30 })), { maxLength: 9 }),
          fc.nat(200),
        )
        .map(([records, cut]) => packet(records.map((r) => record(...r))).slice(0, HEADER_BYTES + cut)),
    );
    fc.assert(
      fc.property(bytes, (data) => {
        const { messages, error } = readAll(new BufferMedium(data));
        expect(messages.length).toBeLessThanOrEqual(data.length);
        if (error !== undefined) expect(error).toBeInstanceOf(TraceFormatError);
      }),
      { numRuns: 3000 },
    );
  });
});
