import type { VariableIntegerFieldClass } from '../model/field-class.ts';
import type { Cursor } from './cursor.ts';
import { type IntegerDecoder, numberOf } from './integer-decoder.ts';

/** Number of bytes that hold 64 bits, with seven in each. */
const BYTES_MAX = 10;

/**
 * Builds a decoder for integers of variable length, of up to 64 bits.
 *
 * @see CTF2-SPEC-2.0 §6.4.9 and §6.4.10
 */
export function variableIntegerDecoder({ signed }: VariableIntegerFieldClass, path: string): IntegerDecoder {
  return (cursor) => {
    cursor.align(8);
    if (cursor.at > cursor.end) cursor.short(path);
    const start = cursor.at >>> 3;
    const length = lengthAt(cursor, start, path);
    cursor.at += length * 8;
    cursor.variableBits = length * 7;
    // Six bytes have 42 bits. A number holds the product of seven bits with any power of two up to there exactly.
    return length <= 6
      ? smallValue(cursor.bytes, start, length, signed)
      : largeValue(cursor, start, length, signed, path);
  };
}

function lengthAt(cursor: Cursor, start: number, path: string): number {
  const end = Math.floor(cursor.end / 8);
  for (let at = start; at < start + BYTES_MAX; at++) {
    if (at >= end) cursor.short(path);
    if (cursor.bytes[at]! < 0x80) return at - start + 1;
  }
  throw tooLarge(cursor, start, path);
}

/** The error is in the last byte that could be right. */
function tooLarge(cursor: Cursor, start: number, path: string): Error {
  cursor.at = (start + BYTES_MAX - 1) * 8;
  return cursor.error('TOO_LARGE', 'an integer of variable length has more than 64 bits', path);
}

function smallValue(bytes: Uint8Array, start: number, length: number, signed: boolean): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 128 + (bytes[start + i]! & 0x7f);
  return signed && bytes[start + length - 1]! & 0x40 ? value - 2 ** (7 * length) : value;
}

function largeValue(cursor: Cursor, start: number, length: number, signed: boolean, path: string): number | bigint {
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 7n) | BigInt(cursor.bytes[start + i]! & 0x7f);
  if (signed) value = BigInt.asIntN(7 * length, value);
  if (value !== (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value))) {
    throw tooLarge(cursor, start, path);
  }
  return numberOf(value);
}
