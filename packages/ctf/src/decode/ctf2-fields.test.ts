import { describe, expect, it } from 'vitest';
import { parseMetadata } from '../metadata/parse-metadata.ts';
import { TraceDecoder } from './data-stream-decoder.ts';
import { DataStreamReader } from './data-stream-reader.ts';
import { BufferMedium } from './medium.ts';
import type { EventMessage, Message } from './messages.ts';
import { VariantValue } from './values.ts';

type Json = Readonly<Record<string, unknown>>;

const U8 = { type: 'fixed-length-unsigned-integer', length: 8, 'byte-order': 'little-endian' };
const S8 = { ...U8, type: 'fixed-length-signed-integer' };
const member = (name: string, fieldClass: Json) => ({ name, 'field-class': fieldClass });
const structure = (...members: Json[]) => ({ type: 'structure', 'member-classes': members });
const at = (...path: (string | null)[]) => ({ path });

/** The messages of a data stream, with any metadata behind the preamble. */
function messages(fragments: readonly Json[], bytes: readonly number[] | Uint8Array, preamble: Json = {}): Message[] {
  const all = [{ type: 'preamble', version: 2, ...preamble }, ...fragments];
  const text = all.map((fragment) => `\x1e${JSON.stringify(fragment)}\n`).join('');
  const trace = new TraceDecoder(parseMetadata(new TextEncoder().encode(text)));
  const identity = { class: trace.class, name: '', uuid: undefined };
  const medium = new BufferMedium(bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
  const reader = new DataStreamReader(trace, identity, [{ name: 's', medium }], 0n);
  const found: Message[] = [];
  for (;;) {
    const next = reader.next();
    if (next.kind !== 'item') return found;
    found.push(next.item);
  }
}

/** The payloads of events that have these members, in one packet without a header. */
function payloads(members: readonly Json[], bytes: readonly number[]): unknown[] {
  const event = { type: 'event-record-class', 'payload-field-class': structure(...members) };
  return messages([{ type: 'data-stream-class' }, event], bytes).map((message) => (message as EventMessage).payload);
}

const values = (fieldClass: Json, ...bytes: number[]) =>
  payloads([member('x', fieldClass)], bytes).map((payload) => (payload as { x: unknown }).x);

const code = (name: string, fields: Json = {}) => expect.objectContaining({ code: name, ...fields });

describe('integers of variable length', () => {
  const unsigned = { type: 'variable-length-unsigned-integer' };
  const signed = { type: 'variable-length-signed-integer' };
  const ones = (count: number) => new Array<number>(count).fill(0xff);

  it.each([
    [unsigned, [0], 0],
    [unsigned, [0x7f], 127],
    [unsigned, [0xe5, 0x8e, 0x26], 624_485],
    [unsigned, [0x80, 0x00], 0],
    [unsigned, [...ones(7), 0x0f], Number.MAX_SAFE_INTEGER],
    [unsigned, [...ones(7), 0x1f], 2n ** 54n - 1n],
    [unsigned, [...ones(9), 0x01], 2n ** 64n - 1n],
    [signed, [0x3f], 63],
    [signed, [0x40], -64],
    [signed, [0xc0, 0xbb, 0x78], -123_456],
    [signed, [...ones(5), 0x7f], -1],
    [signed, [...ones(9), 0x00], 2n ** 63n - 1n],
    [signed, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f], -(2n ** 63n)],
  ] as const)('%j: %j is %s', (fieldClass, bytes, value) => {
    expect(values(fieldClass, ...bytes)).toEqual([value]);
  });

  it.each([
    [unsigned, [...ones(9), 0x02]],
    [signed, [...ones(9), 0x01]],
    [unsigned, [...ones(10), 0x00]],
  ])('%j: %j is refused, where it becomes too large', (fieldClass, bytes) => {
    expect(() => values(fieldClass, ...bytes)).toThrow(code('TOO_LARGE', { at: 72 }));
  });

  it('may be names', () => {
    expect(values({ ...unsigned, mappings: { few: [[1, 300]] } }, 0xac, 0x02)).toEqual([300]);
  });

  it('that are cut are refused', () => {
    expect(() => values(unsigned, 0x80)).toThrow(code('TRUNCATED'));
  });
});

describe('bits in reversed order', () => {
  const reversed = (type: string, length: number) => {
    return { ...U8, type: `fixed-length-${type}`, length, 'bit-order': 'last-to-first' };
  };

  it('make integers, of any length', () => {
    expect(values(reversed('unsigned-integer', 8), 0b1001_1110)).toEqual([0b0111_1001]);
    expect(values(reversed('signed-integer', 8), 0x01)).toEqual([-128]);
    expect(values(reversed('unsigned-integer', 64), 1, 0, 0, 0, 0, 0, 0, 0)).toEqual([2n ** 63n]);
    const five = { ...reversed('unsigned-integer', 5) };
    expect(payloads([member('a', five), member('b', { ...U8, length: 3 })], [0b101_00011])).toEqual([
      { a: 0b11000, b: 0b101 },
    ]);
  });

  it('make big-endian integers too', () => {
    const bigEndian = { ...U8, length: 16, 'byte-order': 'big-endian', 'bit-order': 'first-to-last' };
    expect(values(bigEndian, 0x80, 0x01)).toEqual([0x8001]);
    expect(values(bigEndian, 0xc0, 0x00)).toEqual([0x0003]);
  });

  it.each([32, 64, 128])('make floating point numbers of %i bits', (length) => {
    const bytes = new Array<number>(length / 8).fill(0);
    // The sign, and an exponent whose highest bit alone is set: -2.
    bytes[0] = 0b0000_0011;
    expect(values(reversed('floating-point-number', length), ...bytes)).toEqual([-2]);
  });

  it('do not make a change of the byte order within a byte', () => {
    const order = { ...U8, length: 4, 'byte-order': 'big-endian' };
    expect(() => payloads([member('a', { ...U8, length: 4 }), member('b', order)], [0])).toThrow(
      code('BYTE_ORDER_CHANGE', { at: 4 }),
    );
  });
});

describe('bit arrays and booleans', () => {
  it('are integers without a sign, and truth values', () => {
    expect(values({ ...U8, type: 'fixed-length-bit-array' }, 0xff)).toEqual([255]);
    const flags = { a: [[0, 0]], b: [[2, 99]] };
    expect(values({ ...U8, type: 'fixed-length-bit-map', flags }, 0x05)).toEqual([5]);
    expect(values({ ...U8, type: 'fixed-length-boolean' }, 0, 1, 0x80)).toEqual([false, true, true]);
  });
});

describe('text', () => {
  const string = (encoding: string) => ({ type: 'null-terminated-string', encoding });

  it('ends with a null character of its encoding, which lies at a multiple of its size', () => {
    expect(values(string('utf-16le'), 0x61, 0, 0, 0x01, 0, 0)).toEqual(['a\u0100']);
    expect(values(string('utf-16be'), 0, 0x61, 0xd8, 0x3d, 0xdc, 0x27, 0, 0)).toEqual(['a🐧']);
    expect(values(string('utf-32le'), 0x27, 0xf4, 1, 0, 0, 0, 0, 0)).toEqual(['🐧']);
    expect(values(string('utf-32be'), 0, 1, 0xf4, 0x27, 0, 0, 0, 0)).toEqual(['🐧']);
  });

  it('that is none becomes replacement characters', () => {
    expect(values(string('utf-16le'), 0, 0xd8, 0x62, 0, 0, 0)).toEqual(['\ufffdb']);
    expect(values(string('utf-32le'), 0xff, 0xff, 0xff, 0xff, 0, 0xd8, 0, 0, 0, 0, 0, 0)).toEqual(['\ufffd\ufffd']);
  });

  it('without its end is refused', () => {
    expect(() => values(string('utf-16le'), 0x61, 0, 0)).toThrow(code('TRUNCATED'));
    expect(() => values(string('utf-32be'), 0, 0, 0)).toThrow(code('TRUNCATED'));
  });

  it('of a static or dynamic length is measured in bytes, and ends at a null character', () => {
    const fixed = { type: 'static-length-string', length: 6, encoding: 'utf-16be' };
    expect(values(fixed, 0, 0x61, 0, 0, 0xff, 0xff)).toEqual(['a']);
    const dynamic = { type: 'dynamic-length-string', 'length-field-location': at('n'), encoding: 'utf-16be' };
    expect(payloads([member('n', U8), member('x', dynamic)], [3, 0, 0x61, 0])).toEqual([{ n: 3, x: 'a\ufffd' }]);
  });
});

describe('BLOBs', () => {
  it('are copies, also of bytes in a Buffer', () => {
    const event = structure(member('x', { type: 'static-length-blob', length: 2 }));
    const bytes = Buffer.from([1, 2]);
    const [message] = messages(
      [{ type: 'data-stream-class' }, { type: 'event-record-class', 'payload-field-class': event }],
      bytes,
    );
    bytes.fill(0);
    expect((message as EventMessage).payload).toStrictEqual({ x: Uint8Array.of(1, 2) });
  });

  it('are copies of their bytes, aligned to whole bytes', () => {
    const members = [
      member('bits', { ...U8, length: 4 }),
      member('fixed', { type: 'static-length-blob', length: 2, 'media-type': 'image/png' }),
      member('n', { type: 'variable-length-unsigned-integer' }),
      member('dynamic', { type: 'dynamic-length-blob', 'length-field-location': at('n') }),
    ];
    expect(payloads(members, [5, 1, 2, 1, 9])).toEqual([
      { bits: 5, fixed: Uint8Array.of(1, 2), n: 1, dynamic: Uint8Array.of(9) },
    ]);
  });

  it('that the packet cannot hold are refused before memory is taken', () => {
    expect(() => values({ type: 'static-length-blob', length: 100_000_000 }, 1, 2)).toThrow(code('TRUNCATED'));
    const dynamic = { type: 'dynamic-length-blob', 'length-field-location': at('n') };
    const long = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    const members = [member('n', { type: 'variable-length-unsigned-integer' }), member('x', dynamic)];
    expect(() => payloads(members, long)).toThrow(code('PAST_CONTENT'));
  });
});

describe('optional fields', () => {
  const optional = (selector: Json, fieldClass: Json = U8) => {
    return { type: 'optional', 'selector-field-location': selector, 'field-class': fieldClass };
  };

  it('are there if a boolean is true', () => {
    const members = [member('has', { ...U8, type: 'fixed-length-boolean' }), member('x', optional(at('has')))];
    expect(payloads(members, [2, 7, 0])).toEqual([
      { has: true, x: 7 },
      { has: false, x: undefined },
    ]);
  });

  it('are there if an integer is in a range', () => {
    const field = {
      ...optional(at('sel')),
      'selector-field-ranges': [
        [-3, -2],
        [5, 5],
      ],
    };
    expect(payloads([member('sel', S8), member('x', field)], [0xfe, 1, 5, 2, 0, 0xff])).toEqual([
      { sel: -2, x: 1 },
      { sel: 5, x: 2 },
      { sel: 0, x: undefined },
      { sel: -1, x: undefined },
    ]);
  });

  it('may contain a length, which an earlier record does not provide where they are absent', () => {
    const has = member('has', { ...U8, type: 'fixed-length-boolean' });
    const text = { type: 'dynamic-length-string', 'length-field-location': at('n') };
    const members = [has, member('n', optional(at('has'))), member('x', text)];
    expect(payloads(members, [1, 1, 0x61])).toEqual([{ has: true, n: 1, x: 'a' }]);
    expect(() => payloads(members, [1, 1, 0x61, 0, 0x61])).toThrow(code('UNSET_REFERENCE', { at: 32 }));
  });
});

describe('variants', () => {
  const option = (ranges: number[][], fieldClass: Json, name?: string) => {
    return { 'selector-field-ranges': ranges, 'field-class': fieldClass, ...(name !== undefined && { name }) };
  };
  const variant = (selector: Json, ...options: Json[]) => ({
    type: 'variant',
    'selector-field-location': selector,
    options,
  });

  it('select an option by the value of an integer, with names or without', () => {
    const x = variant(
      at('sel'),
      option(
        [
          [0, 1],
          [9, 9],
        ],
        U8,
      ),
      option([[-5, -1]], S8, 'negative'),
    );
    expect(payloads([member('sel', S8), member('x', x)], [9, 0xff, 0xff, 0xff])).toEqual([
      { sel: 9, x: new VariantValue(0, 255) },
      { sel: -1, x: new VariantValue(1, -1) },
    ]);
    expect(() => payloads([member('sel', S8), member('x', x)], [3, 0])).toThrow(code('NO_VARIANT_OPTION'));
  });

  it('distinguish options without a name', () => {
    const length = (bits: number) => structure(member('n', { ...U8, length: bits }), member('s', text));
    const text = { type: 'dynamic-length-string', 'length-field-location': at('n') };
    const x = variant(at('sel'), option([[0, 0]], length(8)), option([[1, 1]], length(16)));
    expect(payloads([member('sel', U8), member('x', x)], [1, 1, 0, 0x61, 0, 1, 0x62])).toEqual([
      { sel: 1, x: new VariantValue(1, { n: 1, s: 'a' }) },
      { sel: 0, x: new VariantValue(0, { n: 1, s: 'b' }) },
    ]);
  });

  it('may hold a length in some options only', () => {
    const x = variant(at('sel'), option([[0, 0]], structure(member('n', U8))), option([[1, 1]], structure()));
    const text = { type: 'dynamic-length-string', 'length-field-location': at('x', 'n') };
    const members = [member('sel', U8), member('x', x), member('s', text)];
    expect(payloads(members, [0, 1, 0x61])).toEqual([{ sel: 0, x: new VariantValue(0, { n: 1 }), s: 'a' }]);
    expect(() => payloads(members, [0, 1, 0x61, 1])).toThrow(code('UNSET_REFERENCE'));
  });
});

describe('locations', () => {
  const text = (path: (string | null)[]) => ({ type: 'dynamic-length-string', 'length-field-location': at(...path) });

  it('start at the structure around, and go further out with null', () => {
    const inner = structure(member('n', U8), member('own', text(['n'])), member('outer', text([null, 'n'])));
    expect(payloads([member('n', U8), member('x', inner)], [1, 2, 0x61, 0x62, 0x63])).toEqual([
      { n: 1, x: { n: 2, own: 'ab', outer: 'c' } },
    ]);
  });

  it('lead through the element of an array that is being decoded', () => {
    const element = structure(member('n', U8), member('s', text([null, 'items', 'n'])));
    const items = { type: 'static-length-array', length: 2, 'element-field-class': element };
    expect(payloads([member('items', items)], [1, 0x61, 0])).toEqual([
      {
        items: [
          { n: 1, s: 'a' },
          { n: 0, s: '' },
        ],
      },
    ]);
  });
});

describe('alignment', () => {
  it('of an array is at least the alignment of its class, even if it is empty', () => {
    const items = { type: 'static-length-array', length: 2, 'minimum-alignment': 32, 'element-field-class': U8 };
    const empty = { ...items, length: 0 };
    expect(payloads([member('a', U8), member('x', items)], [1, 0, 0, 0, 2, 3])).toEqual([{ a: 1, x: [2, 3] }]);
    const members = [member('a', U8), member('x', empty), member('b', U8)];
    expect(payloads(members, [1, 0, 0, 0, 2])).toEqual([{ a: 1, x: [], b: 2 }]);
  });

  it('of the content of an optional or variant field applies where it is there', () => {
    const wide = { ...U8, alignment: 16 };
    const optional = { type: 'optional', 'selector-field-location': at('a'), 'field-class': wide };
    const members = [member('a', U8), member('x', { ...optional, 'selector-field-ranges': [[1, 1]] }), member('b', U8)];
    expect(payloads(members, [1, 0, 7, 8])).toEqual([{ a: 1, x: 7, b: 8 }]);
    expect(payloads(members, [0, 8])).toEqual([{ a: 0, x: undefined, b: 8 }]);
  });
});

describe('clocks and identifiers', () => {
  const clock = { type: 'clock-class', id: 'c', frequency: 1_000_000_000 };
  const timestamp = { type: 'variable-length-unsigned-integer', roles: ['default-clock-timestamp'] };

  it('are updated by integers of variable length, by all of their bits', () => {
    const stream = {
      type: 'data-stream-class',
      'default-clock-class-id': 'c',
      'event-record-header-field-class': structure(member('t', timestamp)),
    };
    const found = messages([clock, stream, { type: 'event-record-class' }], [0x81, 0x01, 0x02, 0x01, 0x80, 0x00]);
    expect(found.map((message) => (message as EventMessage).at)).toEqual([129n, 130n, 257n, 16_384n]);
  });

  it('are of class 0 where the data contain no identifier', () => {
    const event = (id: number, name: string) => ({
      type: 'event-record-class',
      id,
      name,
      'payload-field-class': structure(member('x', U8)),
    });
    const stream = { type: 'data-stream-class' };
    const [first] = messages([stream, event(1, 'one'), event(0, 'zero')], [7]);
    expect((first as EventMessage).class.name).toBe('zero');
    expect(() => messages([stream, event(1, 'one')], [7])).toThrow(code('UNKNOWN_EVENT_RECORD_CLASS'));
  });

  it('of the metadata are compared with UUIDs of packets', () => {
    const uuid = { type: 'static-length-blob', length: 16, roles: ['metadata-stream-uuid'] };
    const trace = { type: 'trace-class', 'packet-header-field-class': structure(member('uuid', uuid)) };
    const event = { type: 'event-record-class', 'payload-field-class': structure(member('x', U8)) };
    const bytes = Array.from({ length: 16 }, (_, i) => i);
    const fragments = [trace, { type: 'data-stream-class' }, event];
    expect(messages(fragments, [...bytes, 1], { uuid: bytes })).toHaveLength(1);
    expect(() => messages(fragments, [...bytes, 1], { uuid: [...bytes].reverse() })).toThrow(code('BAD_UUID'));
  });
});
