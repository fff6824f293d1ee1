import { describe, expect, it } from 'vitest';
import { floatText, integerText } from './pretty-number.ts';

describe('integers', () => {
  it.each([
    [10, 8, -128, '-128'],
    [10, 64, 18446744073709551615n, '18446744073709551615'],
    [16, 8, -128, '0x80'],
    [16, 5, -1, '0xFF'],
    [16, 64, -1, '0xFFFFFFFFFFFFFFFF'],
    [16, 64, 0xabcdef0123456789n, '0xABCDEF0123456789'],
    [8, 16, -1, '0777777'],
    [8, 64, -1n, '01777777777777777777777'],
    [8, 8, 0, '00'],
    [2, 8, 5, '0b00000101'],
    [2, 3, -1, '0b111'],
  ] as const)('base %i, %i bits, %s: %s', (base, bits, value, text) => {
    expect(integerText({ base, bits })(value)).toBe(text);
  });
});

describe('floating point numbers, as C prints them with %g', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [0.5, '0.5'],
    [123456, '123456'],
    [1234567, '1.23457e+06'],
    [999999.5, '1e+06'],
    [100000.5, '100000'],
    [100001.5, '100002'],
    [1000005, '1e+06'],
    [1000015, '1.00002e+06'],
    [-1000025, '-1.00002e+06'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.00001234565, '1.23456e-05'],
    [1.5e300, '1.5e+300'],
    [5e-324, '4.94066e-324'],
    [2.468135, '2.46814'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, 'nan'],
  ])('%d: %s', (value, text) => {
    expect(floatText(value)).toBe(text);
  });

  it('shows the sign of a NaN that was read from a trace', () => {
    const view = new DataView(Uint8Array.of(0xff, 0xf8, 0, 0, 0, 0, 0, 0).buffer);
    expect(floatText(view.getFloat64(0))).toBe('-nan');
  });
});
