import { describe, expect, it } from 'vitest';
import type { FieldSpec, IntegerSpec } from '../schema/field-spec.ts';
import { buildArgumentCapture } from './argument-capture.ts';
import { parseFilter } from './parse-filter.ts';

const integer = (signed: boolean, bits: IntegerSpec['bits']): IntegerSpec => ({
  kind: 'integer',
  signed,
  bits,
  base: 10,
});
const u8 = integer(false, 8);
const str: FieldSpec = { kind: 'string' };
const state: FieldSpec = { kind: 'enumeration', container: u8, ranges: [['busy', '5', '9']] };
const f64: FieldSpec = { kind: 'float', bits: 64 };
const sequence = (element: FieldSpec): FieldSpec => ({ kind: 'sequence', element });
const LIMITS = { textLengthMax: 8, elementsMax: 4 };

function capture(expression: string, spec: FieldSpec, value: unknown) {
  const lookUpContext = (name: string) =>
    name === 'vpid' ? { field: { name, spec: integer(true, 32) }, read: () => 4711 } : undefined;
  const scope = { fields: [{ name: 'x', spec }], lookUpContext };
  const captured = buildArgumentCapture([parseFilter(expression)], scope, LIMITS)([value]);
  expect(JSON.parse(JSON.stringify(captured))).toEqual(captured);
  return captured[0];
}

describe('a capture', () => {
  it.each<[string, FieldSpec, unknown, unknown]>([
    ['x', integer(true, 32), -5, -5],
    ['x', u8, 257, 1],
    ['x', integer(false, 64), 2n ** 53n - 1n, 2 ** 53 - 1],
    ['x', integer(false, 64), 2n ** 53n, '9007199254740992'],
    ['x', integer(false, 64), 2n ** 64n - 1n, '18446744073709551615'],
    ['x', integer(false, 64), -1, '18446744073709551615'],
    ['x', integer(true, 64), -(2n ** 63n), '-9223372036854775808'],
    ['x', { kind: 'boolean' }, 1, true],
    ['x', f64, 0.5, 0.5],
    ['x', f64, Number.NaN, 'NaN'],
    ['x', f64, Number.NEGATIVE_INFINITY, '-Infinity'],
    ['x', state, 'busy', 5],
    ['x', str, 'text', 'text'],
    ['x', str, 'cut\0here', 'cut'],
    ['x', str, 'longer than the limit', 'longer t'],
    ['x', { kind: 'text' }, 'text', 'text'],
    ['x', { kind: 'dynamic' }, 2n ** 70n, '11805916'],
    ['x', { kind: 'dynamic' }, 7, 7],
    ['x', sequence(u8), [1, 2], [1, 2]],
    ['x', sequence(u8), new Uint8Array(9), [0, 0, 0, 0]],
    ['x', sequence(integer(false, 64)), [1n, 2n ** 60n], [1, '1152921504606846976']],
    ['x', { kind: 'array', element: u8, length: 3 }, [7], [7, 0, 0]],
    ['x', { kind: 'bytes' }, Buffer.from('abc'), [97, 98, 99]],
    ['x[1]', sequence(str), ['a', 'b'], 'b'],
    ['x.y[0]', { kind: 'structure', members: [{ name: 'y', spec: sequence(u8) }] }, { y: [8] }, 8],
    ['x.y', { kind: 'structure', members: [{ name: 'y', spec: sequence(u8) }] }, { y: [8] }, [8]],
    ['_x_length', sequence(u8), [1, 2], 2],
    ['_x_tag', { kind: 'optional', content: u8 }, 3, true],
    ['$ctx.vpid', u8, 0, 4711],
  ])('%s of %o holding %o is %o', (expression, spec, value, expected) => {
    expect(capture(expression, spec, value)).toEqual(expected);
  });

  it.each<[string, string, FieldSpec, unknown]>([
    ['an event without the field', 'other', u8, 1],
    ['an unknown context', '$ctx.other', u8, 1],
    ['an index beyond the end', 'x[2]', sequence(u8), [1]],
    ['a value that cannot be converted', 'x', u8, Symbol('none')],
    ['a member of nothing', 'x.y', { kind: 'structure', members: [{ name: 'y', spec: u8 }] }, undefined],
    ['a list of texts', 'x', sequence(str), ['a']],
    ['what is no operand', 'x == 1', u8, 1],
    ['a dynamic value that is an object', 'x', { kind: 'dynamic' }, {}],
  ])('of %s is null', (_, expression, spec, value) => {
    expect(capture(expression, spec, value)).toBeNull();
  });

  it('leaves an array where a list could be read only once', () => {
    const scope = { fields: [{ name: 'x', spec: sequence(u8) }], lookUpContext: () => undefined };
    const values: unknown[] = [[5, 6].values()];
    expect(buildArgumentCapture([parseFilter('x')], scope, LIMITS)(values)).toEqual([[5, 6]]);
    expect(values).toEqual([[5, 6]]);
  });
});
