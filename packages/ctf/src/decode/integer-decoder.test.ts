import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor } from './cursor.ts';
import { integerDecoder } from './integer-decoder.ts';

function cursorOver(bytes: Uint8Array, at: number): Cursor {
  const cursor = new Cursor();
  cursor.setWindow(bytes, 0);
  cursor.at = at;
  cursor.end = bytes.length * 8;
  return cursor;
}

/** Bit by bit, as the specification draws it. */
function slowly(bytes: Uint8Array, at: number, bits: number, le: boolean, signed: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < bits; i++) {
    const bit = at + i;
    const byte = bytes[bit >> 3]!;
    if (le) value |= BigInt((byte >> (bit % 8)) & 1) << BigInt(i);
    else value = (value << 1n) | BigInt((byte >> (7 - (bit % 8))) & 1);
  }
  return signed ? BigInt.asIntN(bits, value) : value;
}

describe('integer decoder', () => {
  it('reads every width at every bit in both byte orders, with and without a sign', () => {
    const layout = fc.record({
      bits: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.constantFrom(8, 16, 32, 64)),
      align: fc.constantFrom(1, 2, 8, 16),
      signed: fc.boolean(),
      byteOrder: fc.constantFrom('le' as const, 'be' as const),
    });
    const bytes = fc.uint8Array({ minLength: 13, maxLength: 13 });
    fc.assert(
      fc.property(layout, bytes, fc.integer({ min: 0, max: 20 }), (integer, data, start) => {
        const cursor = cursorOver(data, start);
        cursor.lastIsLittleEndian = integer.byteOrder === 'le';
        const at = Math.ceil(start / integer.align) * integer.align;
        const expected = slowly(data, at, integer.bits, integer.byteOrder === 'le', integer.signed);
        const value = integerDecoder(integer, 'x')(cursor);
        expect(BigInt(value)).toBe(expected);
        expect(typeof value).toBe(Number.isSafeInteger(Number(expected)) ? 'number' : 'bigint');
        expect(cursor.at).toBe(at + integer.bits);
      }),
      { numRuns: 3000 },
    );
  });

  it('refuses an integer that reaches beyond the content, with its place', () => {
    for (const bits of [3, 32]) {
      const cursor = cursorOver(new Uint8Array(3), 24 - bits + 1);
      cursor.end = 24;
      const decode = integerDecoder({ bits, align: 1, signed: false, byteOrder: 'le' }, 'payload.x');
      expect(() => decode(cursor)).toThrow(expect.objectContaining({ code: 'PAST_CONTENT', path: ['payload.x'] }));
    }
  });

  it('refuses a change of byte order within a byte', () => {
    const cursor = cursorOver(new Uint8Array(4), 0);
    integerDecoder({ bits: 3, align: 1, signed: false, byteOrder: 'le' }, 'a')(cursor);
    const other = integerDecoder({ bits: 3, align: 1, signed: false, byteOrder: 'be' }, 'b');
    expect(() => other(cursor)).toThrow(expect.objectContaining({ code: 'BYTE_ORDER_CHANGE' }));
  });
});
