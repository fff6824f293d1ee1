import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldSpec } from '../schema/field-spec.ts';
import {
  buildPayloadEncoder,
  compilePayloadEncoder,
  type PayloadEncoder,
} from '../testing/payload-encoder.test.support.ts';
import { describeWrongValue, fieldTypeName } from './wrong-values.ts';

const BITS = [8, 16, 32, 64] as const;
const integer = (bits: (typeof BITS)[number], signed = false) =>
  ({ kind: 'integer', signed, bits, base: 10 }) as const satisfies FieldSpec;
const f32: FieldSpec = { kind: 'float', bits: 32 };
const f64: FieldSpec = { kind: 'float', bits: 64 };
const bool: FieldSpec = { kind: 'boolean' };
const str: FieldSpec = { kind: 'string' };
const text: FieldSpec = { kind: 'text' };
const bytes: FieldSpec = { kind: 'bytes' };
const dynamic: FieldSpec = { kind: 'dynamic' };
const optional = (content: FieldSpec): FieldSpec => ({ kind: 'optional', content });
const seq = (element: FieldSpec): FieldSpec => ({ kind: 'sequence', element });
const array = (element: FieldSpec, length: number): FieldSpec => ({ kind: 'array', element, length });
const struct = (members: Record<string, FieldSpec>): FieldSpec => ({
  kind: 'structure',
  members: Object.entries(members).map(([name, spec]) => ({ name, spec })),
});
const state: FieldSpec = { kind: 'enumeration', container: integer(8), ranges: [['placed', '0', '0']] };

const U64_MAX = 2n ** 64n - 1n;

describe.each([
  ['compiled', compilePayloadEncoder],
  ['closure-built', buildPayloadEncoder],
])('the %s encoder', (_, makeEncoder) => {
  /** The places that were given wrong values, with the first one of each, and the bytes. */
  function encode(spec: FieldSpec, value: unknown) {
    const wrong = new Map<string, unknown>();
    const encoder = makeEncoder([{ name: 'f', spec }], (path) => (given) => {
      if (!wrong.has(path)) wrong.set(path, given);
    });
    const payload = bytesOf(encoder, value);
    return { wrong: [...wrong], payload };
  }

  /** Undefined if the encoder throws. */
  function bytesOf(encoder: PayloadEncoder, value: unknown): string | undefined {
    try {
      return Buffer.from(encoder([value])).toString('hex');
    } catch {
      return undefined;
    }
  }

  it.each<[string, FieldSpec, unknown[]]>([
    ['u8', integer(8), [0, 255, -0]],
    ['i8', integer(8, true), [-128, 127]],
    ['u16', integer(16), [0, 65_535]],
    ['i16', integer(16, true), [-32_768, 32_767]],
    ['u32', integer(32), [0, 2 ** 32 - 1]],
    ['i32', integer(32, true), [-(2 ** 31), 2 ** 31 - 1]],
    ['u64', integer(64), [0, -0, 2 ** 53, 2 ** 63, 0n, U64_MAX]],
    ['i64', integer(64, true), [-(2 ** 53), -(2 ** 63), -(2n ** 63n), 2n ** 63n - 1n]],
    ['f32', f32, [0.1, Number.NaN, Number.NEGATIVE_INFINITY, 1e300]],
    ['f64', f64, [0.1, Number.NaN]],
    ['bool', bool, [true, false]],
    ['str', str, ['', 'x', 'a\0b']],
    ['text', text, ['a\0b']],
    ['bytes', bytes, [[], [0, 255], new Uint8Array(3), new ArrayBuffer(2), new Float64Array(1)]],
    ['enumeration', state, ['placed', 0, 7]],
    ['optional', optional(str), [null, undefined, 'x']],
    ['seq', seq(integer(8)), [[], [1, 2], new Set([255]), new Uint8Array(40), new Uint16Array([255])]],
    ['array', array(bool, 3), [[], [true], [true, false, true, false]]],
    ['struct', struct({ x: f64 }), [{ x: 1, more: 'x' }]],
    ['filter-only', { kind: 'filter-only', content: str }, [1]],
    ['dynamic', dynamic, [undefined, null, 1, 0.5, 'x', true, 2n ** 70n]],
  ])('gives no value that fits a %s', (_name, spec, values) => {
    for (const value of values) {
      const { wrong, payload } = encode(spec, value);
      expect([wrong, typeof payload], String(value)).toEqual([[], 'string']);
    }
  });

  it.each<[string, FieldSpec, unknown[]]>([
    ['u8', integer(8), [256, -1, 0.5, Number.NaN, '1', true, null, undefined, {}, 1n, Symbol('s')]],
    ['i8', integer(8, true), [128, -129]],
    ['u16', integer(16), [65_536, -1]],
    ['i16', integer(16, true), [32_768, -32_769]],
    ['u32', integer(32), [2 ** 40, 2 ** 32, -1, Number.POSITIVE_INFINITY, { id: 2 }]],
    ['i32', integer(32, true), [2 ** 31, -(2 ** 31) - 1, '7']],
    ['u64', integer(64), [-1, 2 ** 64, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', undefined, -1n, U64_MAX + 1n]],
    ['i64', integer(64, true), [2 ** 63, -(2 ** 64), 2n ** 63n, -(2n ** 63n) - 1n, false, Symbol('s')]],
    ['f32', f32, ['0.1', undefined, true, 1n]],
    ['f64', f64, [null, undefined, '1']],
    ['bool', bool, [0, 1, 'true', undefined]],
    ['str', str, [1, undefined, null, {}, Symbol('s'), 1n]],
    ['text', text, [1, undefined]],
    ['bytes', bytes, [7, undefined, { length: 1 }]],
    ['enumeration', state, [256, undefined, 0.5, 'lost', 7n]],
    ['seq', seq(integer(8)), [7, undefined, { length: 1 }]],
    ['seq of texts', seq(str), [7]],
    ['array', array(bool, 3), [7, null]],
    ['struct', struct({ x: f64 }), [undefined, null]],
    ['optional', optional(str), [1, {}]],
    ['dynamic', dynamic, [{}, [], () => 1, Symbol('s')]],
  ])('gives values that do not fit a %s, and writes or refuses them as without a receiver', (_name, spec, values) => {
    for (const value of values) {
      const { wrong, payload } = encode(spec, value);
      expect(wrong, String(value)).toEqual([['f', value]]);
      expect(payload).toBe(bytesOf(makeEncoder([{ name: 'f', spec }]), value));
    }
  });

  it('names the place in structures and lists, once for each place', () => {
    const spec = struct({
      id: integer(8),
      sizes: seq(integer(16)),
      notes: seq(struct({ who: str, at: array(f64, 2) })),
      key: bytes,
    });
    const value = {
      id: -1,
      sizes: [1, 65_536, -1],
      notes: [
        { who: 'a', at: [] },
        { who: 7, at: ['x', 'y'] },
        { who: 8, at: [] },
      ],
      key: [1, 256, -1],
    };
    expect(new Map(encode(spec, value).wrong)).toEqual(
      new Map<string, unknown>([
        ['f.id', -1],
        ['f.sizes[]', 65_536],
        ['f.notes[].who', 7],
        ['f.notes[].at[]', 'x'],
        ['f.key', 256],
      ]),
    );
  });

  it('finds exactly the numbers and bigints that an integer has no room for', () => {
    const values = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.constantFrom(...BITS.flatMap((bits) => [2 ** bits, 2 ** (bits - 1), -(2 ** (bits - 1)), 2 ** bits - 1])),
      fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...BITS), fc.boolean(), values, (bits, signed, value) => {
        const lower = signed ? -(2n ** BigInt(bits - 1)) : 0n;
        const upper = signed ? 2n ** BigInt(bits - 1) : 2n ** BigInt(bits);
        const isWhole = typeof value === 'bigint' || Number.isInteger(value);
        const isAccepted = typeof value === 'number' || bits === 64;
        const fits = isAccepted && isWhole && BigInt(value) >= lower && BigInt(value) < upper;
        expect(encode(integer(bits, signed), value).wrong.length).toBe(fits ? 0 : 1);
      }),
    );
  });
});

describe('a wrong value', () => {
  it.each([
    ['a string', 'secret', integer(32)],
    ['undefined', undefined, integer(32)],
    ['null', null, str],
    ['an object', { secret: 1 }, integer(32)],
    ['an array', [1], str],
    ['a boolean', true, integer(32)],
    ['a function', () => 1, dynamic],
    ['a symbol', Symbol('s'), str],
    ['NaN', Number.NaN, integer(32)],
    ['a number with a fraction', 1.5, integer(32)],
    ['a number below the range', -1, integer(32)],
    ['a number above the range', Number.POSITIVE_INFINITY, state],
    ['a bigint above the range', U64_MAX + 1n, integer(64)],
    ['a bigint below the range', -1n, integer(64)],
    ['a number', 7, str],
    ['a bigint', 7n, integer(32)],
    ['an unknown label', 'secret', state],
  ] as const)('is described as %s, without the value', (description, value, spec) => {
    expect(describeWrongValue(value, spec)).toBe(description);
  });

  it('belongs to a field with the name that the program used', () => {
    const named = [integer(32), integer(8, true), f64, bool, str, text, bytes, state, seq(str), optional(str), dynamic];
    expect(named.map(fieldTypeName)).toEqual(
      'u32 i8 f64 bool str text bytes enumeration_of_u8 seq optional context'
        .split(' ')
        .map((name) => name.replaceAll('_', ' ')),
    );
  });
});
