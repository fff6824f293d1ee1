import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldSpec, NamedFieldSpec } from '../schema/field-spec.ts';
import { buildPayloadEncoder, compilePayloadEncoder } from '../testing/payload-encoder.test.support.ts';
import { putString, utf8Bytes } from './text.ts';

const integer = (bits: 8 | 16 | 32 | 64, signed = false): FieldSpec => ({ kind: 'integer', signed, bits, base: 10 });
const f64: FieldSpec = { kind: 'float', bits: 64 };
const str: FieldSpec = { kind: 'string' };
const seq = (element: FieldSpec): FieldSpec => ({ kind: 'sequence', element });
const state: FieldSpec = {
  kind: 'enumeration',
  container: { kind: 'integer', signed: false, bits: 8, base: 10 },
  ranges: [
    ['placed', '0', '0'],
    ['refunded', '2', '3'],
  ],
};

const fieldsOf = (...specs: FieldSpec[]): NamedFieldSpec[] => specs.map((spec, i) => ({ name: `f${i}`, spec }));

describe.each([
  ['compiled', compilePayloadEncoder],
  ['closure-built', buildPayloadEncoder],
])('the %s encoder', (_, makeEncoder) => {
  const encode = (specs: FieldSpec[], values: unknown[]) => [...makeEncoder(fieldsOf(...specs))(values)];
  const hex = (specs: FieldSpec[], values: unknown[]) => Buffer.from(encode(specs, values)).toString('hex');

  it('writes integers little-endian and wraps them as a typed array does', () => {
    expect(hex([integer(8), integer(16), integer(32)], [0x1ff, 0x12345, -1])).toBe('ff' + '4523' + 'ffffffff');
    expect(hex([integer(8, true)], ['-1'])).toBe('ff');
    expect(hex([integer(32)], [undefined])).toBe('00000000');
  });

  it('writes 64-bit integers from numbers and from bigints alike', () => {
    for (const value of [0, 1, -1, -0.5, 2 ** 53 - 1, -(2 ** 53 - 1), 4294967296, -4294967297]) {
      expect(hex([integer(64, true)], [value])).toBe(hex([integer(64, true)], [BigInt(Math.trunc(value))]));
    }
    expect(hex([integer(64)], [Number.NaN])).toBe('00'.repeat(8));
    expect(hex([integer(64)], [-1n])).toBe('ff'.repeat(8));
  });

  it('writes text as UTF-8, ends a string at its first null and replaces lone surrogates', () => {
    expect(hex([str], ['abc'])).toBe('61626300');
    expect(hex([str], ['abcd\0efg'])).toBe('6162636400');
    expect(hex([str], ['ab\0c'])).toBe('616200');
    expect(hex([str], ['é€😀'])).toBe(Buffer.from('é€😀\0').toString('hex'));
    expect(hex([str], ['a\ud800b'])).toBe(Buffer.from('a\ufffdb\0').toString('hex'));
    expect(hex([{ kind: 'text' }], ['a\0é'])).toBe('04000000' + '6100c3a9');
    expect(hex([str], [null])).toBe(Buffer.from('null\0').toString('hex'));
    expect(hex([str], [Symbol('s')])).toBe(Buffer.from('Symbol(s)\0').toString('hex'));
  });

  it('writes a text that repeats, changes and repeats again the same each time', () => {
    const encoder = makeEncoder(fieldsOf(str));
    const texts = [
      'GET',
      'GET',
      'customer-1000000',
      'customer-1000000',
      '',
      '',
      'é',
      'é',
      'x'.repeat(80),
      'x'.repeat(80),
    ];
    for (let round = 0; round < 30; round++) {
      for (const text of texts) expect(Buffer.from(encoder([text])).toString()).toBe(`${text}\0`);
    }
  });

  it('writes a dynamic field as the type that fits the value, behind its tag', () => {
    const dynamic: FieldSpec = { kind: 'dynamic' };
    const all = [undefined, null, {}, Symbol('s'), () => 1].map((value) => hex([dynamic], [value]));
    expect(new Set(all)).toEqual(new Set(['00']));
    expect(hex([dynamic, dynamic], [true, -2])).toBe(`04${'01'.padEnd(16, '0')}04fe${'ff'.repeat(7)}`);
    expect(hex([dynamic], [-(2n ** 63n)])).toBe(`04${'00'.repeat(7)}80`);
    expect(hex([dynamic], [0.5])).toBe('0a000000000000e03f');
    expect(hex([dynamic], [-0])).toBe('0a0000000000000080');
    expect(hex([dynamic], [2 ** 53])).toBe('0a0000000000004043');
    expect(hex([dynamic], ['é'])).toBe('0bc3a900');
    expect(hex([dynamic], [2n ** 63n])).toBe(`0b${Buffer.from('9223372036854775808\0').toString('hex')}`);
    expect(hex([seq(dynamic)], [['a', 1]])).toBe(`020000000b610004${'01'.padEnd(16, '0')}`);
  });

  it('accepts enumerators by label or by number', () => {
    expect(hex([state, state, state], ['placed', 'refunded', 7])).toBe('000207');
    expect(() => encode([state], ['lost'])).toThrow(/no enumerator is called "lost"/);
  });

  it('accepts arrays, typed arrays of any type and iterables as sequences', () => {
    const expected = '03000000' + '010002000300';
    expect(hex([seq(integer(16))], [[1, 2, 3]])).toBe(expected);
    expect(hex([seq(integer(16))], [new Uint16Array([1, 2, 3])])).toBe(expected);
    expect(hex([seq(integer(16))], [new Float64Array([1, 2, 3])])).toBe(expected);
    expect(hex([seq(integer(16))], [new Set([1, 2, 3])])).toBe(expected);
    const long = Uint16Array.from({ length: 1000 }, (_, i) => i);
    expect(hex([seq(integer(16))], [long])).toBe(`e8030000${Buffer.from(long.buffer).toString('hex')}`);
    expect(() => encode([seq(integer(16))], [5])).toThrow(/a sequence takes/);
  });

  it('fills a short array with zeros and cuts a long one', () => {
    const array: FieldSpec = { kind: 'array', element: integer(8), length: 3 };
    expect(encode([array], [[1]])).toEqual([1, 0, 0]);
    expect(encode([array], [[1, 2, 3, 4]])).toEqual([1, 2, 3]);
    const strings: FieldSpec = { kind: 'array', element: str, length: 2 };
    expect(encode([strings], [['a']])).toEqual([0x61, 0, 0]);
  });

  it('writes optional fields behind a flag, nested structures in place and bytes behind their length', () => {
    const point: FieldSpec = {
      kind: 'structure',
      members: [
        { name: 'x', spec: integer(8) },
        { name: 'tags', spec: seq(str) },
      ],
    };
    expect(encode([{ kind: 'optional', content: integer(8) }], [null])).toEqual([0]);
    expect(encode([{ kind: 'optional', content: integer(8) }], [5])).toEqual([1, 5]);
    expect(encode([point], [{ x: 1, tags: ['a', ''] }])).toEqual([1, 2, 0, 0, 0, 0x61, 0, 0]);
    expect(encode([{ kind: 'bytes' }], [new Uint16Array([0x0201])])).toEqual([2, 0, 0, 0, 1, 2]);
    expect(encode([{ kind: 'boolean' }, { kind: 'boolean' }], ['yes', 0])).toEqual([1, 0]);
  });

  it('does not write filter-only fields', () => {
    expect(encode([{ kind: 'filter-only', content: str }, integer(8)], ['x', 1])).toEqual([1]);
  });

  it('throws for values that a typed array would refuse', () => {
    expect(() => encode([integer(32)], [5n])).toThrow(TypeError);
    expect(() => encode([f64], [Symbol('s')])).toThrow(TypeError);
    expect(() => encode([{ kind: 'structure', members: [{ name: 'x', spec: f64 }] }], [undefined])).toThrow(TypeError);
    const hostile = {
      toString() {
        throw new Error('no text of me');
      },
    };
    expect(() => encode([str], [hostile])).toThrow('no text of me');
  });

  it('reads a getter of a structure once', () => {
    let reads = 0;
    const value = {
      get s() {
        reads += 1;
        return 'x'.repeat(reads);
      },
    };
    expect(encode([{ kind: 'structure', members: [{ name: 's', spec: str }] }], [value])).toEqual([0x78, 0]);
    expect(reads).toBe(1);
  });
});

describe('text', () => {
  it('any string comes out as TextEncoder writes it, cut at its first null', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) }),
        (text) => {
          const u8 = new Uint8Array(text.length * 3 + 1);
          const end = putString(new DataView(u8.buffer), u8, 0, text);
          const nul = text.indexOf('\0');
          const expected = new TextEncoder().encode(nul < 0 ? text : text.slice(0, nul));
          expect([...u8.subarray(0, end)]).toEqual([...expected, 0]);
          expect(utf8Bytes(text, true)).toBe(expected.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
