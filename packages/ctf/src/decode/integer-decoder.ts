import type { Cursor } from './cursor.ts';

const WORD = 0x1_0000_0000;

/** The properties of a field class that an integer decoder needs. */
export interface IntegerLayout {
  readonly bits: number;
  readonly align: number;
  readonly signed: boolean;
  readonly byteOrder: 'le' | 'be';
  readonly bitsReversed?: true;
}

export type IntegerDecoder = (cursor: Cursor) => number | bigint;

/**
 * Builds a decoder for integers of 1 to 64 bits. There is a fast way for byte-aligned integers of 8, 16, 32 and 64
 * bits.
 */
export function integerDecoder(layout: IntegerLayout, path: string): IntegerDecoder {
  if (layout.bitsReversed) return reversedDecoder(layout, path);
  const { bits, align, signed } = layout;
  const le = layout.byteOrder === 'le';
  const read = align % 8 === 0 ? wholeBytes(bits, signed, le) : undefined;
  if (read === undefined) return bitFieldDecoder(layout, path);
  const mask = -align;
  return (cursor) => {
    const at = (cursor.at + align - 1) & mask;
    const end = at + bits;
    if (end > cursor.end) {
      cursor.at = at;
      cursor.short(path);
    }
    cursor.at = end;
    return read(cursor.view, at >>> 3);
  };
}

/** Reads the bits as the byte order has them, and turns them round. */
function reversedDecoder({ bits, align, signed, byteOrder }: IntegerLayout, path: string): IntegerDecoder {
  const read = integerDecoder({ bits, align, byteOrder, signed: false }, path);
  return (cursor) => {
    const value = reverseBits(BigInt(read(cursor)), bits);
    return numberOf(signed ? BigInt.asIntN(bits, value) : value);
  };
}

/** The lowest of `bits` bits becomes the highest one. */
function reverseBits(value: bigint, bits: number): bigint {
  let reversed = 0n;
  for (let i = 0; i < bits; i++) reversed = (reversed << 1n) | ((value >> BigInt(i)) & 1n);
  return reversed;
}

/** A number where it is exact, else a bigint. */
export function numberOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

type Read = (view: DataView, at: number) => number | bigint;

function wholeBytes(bits: number, signed: boolean, le: boolean): Read | undefined {
  switch (bits) {
    case 8:
      return signed ? (view, at) => view.getInt8(at) : (view, at) => view.getUint8(at);
    case 16:
      return signed ? (view, at) => view.getInt16(at, le) : (view, at) => view.getUint16(at, le);
    case 32:
      return signed ? (view, at) => view.getInt32(at, le) : (view, at) => view.getUint32(at, le);
    case 64: {
      const [highAt, lowAt] = le ? [4, 0] : [0, 4];
      return signed
        ? (view, at) => joinWords(view.getInt32(at + highAt, le), view.getUint32(at + lowAt, le))
        : (view, at) => joinWords(view.getUint32(at + highAt, le), view.getUint32(at + lowAt, le));
    }
    default:
      return undefined;
  }
}

/** A number where it is exact, else a bigint. The sign is the sign of `high`. */
function joinWords(high: number, low: number): number | bigint {
  const value = high * WORD + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) + BigInt(low);
}

/**
 * Bit fields start at the low end of a byte in little-endian order, at the high end in big-endian order.
 *
 * @see CTF 1.8.3 §4.1.5 (integers, bit fields)
 */
function bitFieldDecoder({ bits, align, signed, byteOrder }: IntegerLayout, path: string): IntegerDecoder {
  const le = byteOrder === 'le';
  return (cursor) => {
    cursor.align(align);
    const at = cursor.at;
    if (at + bits > cursor.end) cursor.short(path);
    if (at % 8 !== 0 && cursor.lastIsLittleEndian !== le) {
      throw cursor.error('BYTE_ORDER_CHANGE', 'the byte order changes within a byte', path);
    }
    cursor.lastIsLittleEndian = le;
    cursor.at = at + bits;
    if (bits <= 32) {
      const value = readBits(cursor.bytes, at, bits, le);
      return signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
    }
    const highBits = bits - 32;
    const high = readBits(cursor.bytes, le ? at + 32 : at, highBits, le);
    const low = readBits(cursor.bytes, le ? at : at + highBits, 32, le);
    return joinWords(signed && high >= 2 ** (highBits - 1) ? high - 2 ** highBits : high, low);
  };
}

/** Reads 1 to 32 bits, unsigned. Arithmetic instead of shifts, since five bytes may be involved. */
function readBits(bytes: Uint8Array, at: number, bits: number, le: boolean): number {
  let value = 0;
  let done = 0;
  while (done < bits) {
    const bit = (at + done) % 8;
    const take = Math.min(8 - bit, bits - done);
    const byte = bytes[(at + done) >>> 3]!;
    if (le) value += ((byte >>> bit) & ((1 << take) - 1)) * 2 ** done;
    else value = value * 2 ** take + ((byte >>> (8 - bit - take)) & ((1 << take) - 1));
    done += take;
  }
  return value;
}
