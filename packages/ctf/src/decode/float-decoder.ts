import type { FloatFieldClass } from '../model/field-class.ts';
import type { Cursor } from './cursor.ts';
import { integerDecoder } from './integer-decoder.ts';

/** Builds a decoder for IEEE 754 binary floating point numbers. Numbers of 128 bits are rounded to 64. */
export function floatDecoder(fieldClass: FloatFieldClass, path: string): (cursor: Cursor) => number {
  const { bits, align, byteOrder, bitsReversed } = fieldClass;
  const reversed = bitsReversed && { bitsReversed };
  const word = (wordBits: number, wordAlign: number) =>
    integerDecoder({ bits: wordBits, align: wordAlign, signed: false, byteOrder, ...reversed }, path);
  const scratch = new DataView(new ArrayBuffer(8));
  if (bits === 16) {
    const read = word(16, align);
    return (cursor) => halfToNumber(Number(read(cursor)));
  }
  if (bits === 32) {
    const read = word(32, align);
    return (cursor) => {
      scratch.setUint32(0, Number(read(cursor)));
      return scratch.getFloat32(0);
    };
  }
  const first = word(64, align);
  if (bits === 64) {
    return (cursor) => {
      scratch.setBigUint64(0, BigInt(first(cursor)));
      return scratch.getFloat64(0);
    };
  }
  const second = word(64, 1);
  return (cursor) => {
    const one = BigInt(first(cursor));
    const two = BigInt(second(cursor));
    // Reversed halves have changed places too.
    return (byteOrder === 'le') !== (bitsReversed === true) ? quadToNumber(two, one) : quadToNumber(one, two);
  };
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function quadToNumber(high: bigint, low: bigint): number {
  const sign = high >> 63n ? -1 : 1;
  const exponent = Number((high >> 48n) & 0x7fffn);
  const fraction = ((high & 0xffff_ffff_ffffn) << 64n) | low;
  if (exponent === 0x7fff) return fraction === 0n ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * 0;
  const significand = Number((1n << 112n) | fraction) / 2 ** 112;
  return sign * significand * 2 ** Math.max(-1100, Math.min(1100, exponent - 16383));
}
