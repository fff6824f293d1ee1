import { describe, expect, it } from 'vitest';
import { BitWriter } from './bit-writer.ts';
import { fieldEncoder } from './field-encoder.ts';

describe('floating point numbers of 128 bits', () => {
  const zeros = '00'.repeat(14);

  // One is 3fff and zeros.
  it.each([
    ['be', false, `3fff${zeros}`],
    ['le', false, `${zeros}ff3f`],
    ['be', true, `${zeros}fffc`],
    ['le', true, `fcff${zeros}`],
  ] as const)('are written in byte order %s, reversed: %s', (byteOrder, isReversed, expected) => {
    const reversed = isReversed ? ({ bitsReversed: true } as const) : {};
    const encode = fieldEncoder({ kind: 'float', bits: 128, align: 256, byteOrder, ...reversed }, 'x', []);
    const writer = new BitWriter();
    encode(writer, 1);
    encode(writer, 1);
    const hex = Buffer.from(writer.bytes).toString('hex');
    expect([hex.slice(0, 32), hex.slice(64, 96)]).toEqual([expected, expected]);
  });
});
