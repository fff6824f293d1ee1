import { describe, expect, it } from 'vitest';
import { Cursor } from './cursor.ts';
import { floatDecoder } from './float-decoder.ts';

function decode(bits: 16 | 32 | 64 | 128, hex: string, byteOrder: 'le' | 'be' = 'be'): number {
  const bytes = Uint8Array.from(hex.match(/../g)!.map((byte) => Number.parseInt(byte, 16)));
  const cursor = new Cursor();
  cursor.setWindow(byteOrder === 'le' ? bytes.reverse() : bytes, 0);
  cursor.end = bits;
  return floatDecoder({ kind: 'float', bits, align: 8, byteOrder }, 'x')(cursor);
}

describe('float decoder', () => {
  it.each([
    [16, '3c00', 1],
    [16, 'c100', -2.5],
    [16, '0001', 2 ** -24],
    [16, 'fc00', Number.NEGATIVE_INFINITY],
    [16, '7e00', Number.NaN],
    [32, '3fc00000', 1.5],
    [64, 'c009000000000000', -3.125],
    [64, '8000000000000000', -0],
    [128, '3fff8000000000000000000000000000', 1.5],
    [128, 'c0008000000000000000000000000000', -3],
    [128, '7fff0000000000000000000000000000', Number.POSITIVE_INFINITY],
    [128, '7fff8000000000000000000000000000', Number.NaN],
  ] as const)('%i bits %s is %d in both byte orders', (bits, hex, value) => {
    expect(decode(bits, hex)).toBe(value);
    expect(decode(bits, hex, 'le')).toBe(value);
  });
});
