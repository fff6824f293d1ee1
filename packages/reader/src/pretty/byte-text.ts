import { encodeText } from '@ringtail/ctf/internal';
import { escapeOf } from './pretty-text.ts';

/**
 * What generated printers call: each function writes text as bytes at a position and returns the position behind it.
 *
 * Callers see to it that there is room, but for `putText`, which can be of any length.
 */

/** Four decimal digits each, as the bytes of a little-endian word: the first digit is the lowest byte. */
export const FOUR_DIGITS = Int32Array.from({ length: 10_000 }, (_, value) => {
  const text = String(value).padStart(4, '0');
  return [0, 1, 2, 3].reduce((word, i) => word | (text.charCodeAt(i) << (8 * i)), 0);
});

const MINUS = 0x2d;
const ZERO = 0x30;

/** Up to 9999, without leading zeros. */
function putSmall(view: DataView, at: number, value: number): number {
  const digits = FOUR_DIGITS[value]!;
  if (value >= 1000) {
    view.setInt32(at, digits, true);
    return at + 4;
  }
  if (value >= 100) {
    view.setInt32(at, digits >> 8, true);
    return at + 3;
  }
  if (value >= 10) {
    view.setInt16(at, digits >> 16, true);
    return at + 2;
  }
  view.setUint8(at, ZERO + value);
  return at + 1;
}

/** 0 to 2^32 - 1. May write up to three bytes behind the text. */
export function putUnsigned(view: DataView, at: number, value: number): number {
  if (value < 10_000) return putSmall(view, at, value);
  if (value < 100_000_000) {
    const high = (value / 10_000) | 0;
    const behind = putSmall(view, at, high);
    view.setInt32(behind, FOUR_DIGITS[value - high * 10_000]!, true);
    return behind + 4;
  }
  const high = (value / 100_000_000) | 0;
  return putEightDigits(view, putSmall(view, at, high), value - high * 100_000_000);
}

function putEightDigits(view: DataView, at: number, value: number): number {
  const high = (value / 10_000) | 0;
  view.setInt32(at, FOUR_DIGITS[high]!, true);
  view.setInt32(at + 4, FOUR_DIGITS[value - high * 10_000]!, true);
  return at + 8;
}

export function putSigned(view: DataView, at: number, value: number): number {
  if (value >= 0) return putUnsigned(view, at, value);
  view.setUint8(at, MINUS);
  return putUnsigned(view, at + 1, -value);
}

/** An integer of 64 bits; `high` is negative where it is. */
export function putTwoWords(view: DataView, at: number, high: number, low: number): number {
  if (high === 0) return putUnsigned(view, at, low);
  const value = high * 0x1_0000_0000 + low;
  if (!Number.isSafeInteger(value)) return putAscii(view, at, ((BigInt(high) << 32n) + BigInt(low)).toString());
  if (value >= 0) return putSafe(view, at, value);
  view.setUint8(at, MINUS);
  return putSafe(view, at + 1, -value);
}

/** 0 to 2^53 - 1. */
function putSafe(view: DataView, at: number, value: number): number {
  if (value < 0x1_0000_0000) return putUnsigned(view, at, value);
  const high = Math.floor(value / 100_000_000);
  return putEightDigits(view, putUnsigned(view, at, high), value - high * 100_000_000);
}

/** `0x1F`, of 0 to 2^32 - 1. */
export function putHexadecimal(view: DataView, at: number, value: number): number {
  view.setInt16(at, 0x7830, true);
  return putHexadecimalDigits(view, at + 2, value, value === 0 ? 1 : 8 - (Math.clz32(value) >> 2));
}

/** `0x1F`, of two words. */
export function putTwoWordsHexadecimal(view: DataView, at: number, high: number, low: number): number {
  if (high === 0) return putHexadecimal(view, at, low);
  return putHexadecimalDigits(view, putHexadecimal(view, at, high >>> 0), low, 8);
}

function putHexadecimalDigits(view: DataView, at: number, value: number, count: number): number {
  for (let i = 0; i < count; i++) {
    const digit = (value >>> (4 * (count - 1 - i))) & 15;
    view.setUint8(at + i, digit < 10 ? ZERO + digit : 0x37 + digit);
  }
  return at + count;
}

export function putAscii(view: DataView, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  return at + text.length;
}

/** @returns -1 if the text would reach beyond `limit` */
export function putText(bytes: Uint8Array, at: number, limit: number, text: string): number {
  return putBytes(bytes, at, limit, encodeText(text));
}

/** @returns -1 if the bytes would reach beyond `limit` */
export function putBytes(bytes: Uint8Array, at: number, limit: number, source: Uint8Array): number {
  const { length } = source;
  if (at + length > limit) return -1;
  if (length > 64) bytes.set(source, at);
  else for (let i = 0; i < length; i++) bytes[at + i] = source[i]!;
  return at + length;
}

const ESCAPES = Array.from({ length: 256 }, (_, byte) => escapeOf(byte));

/** For each byte of a text in quotes, whether it stands for itself: 0, or needs a second look: 1. A null character ends the text. */
export const BYTE_CLASSES = Uint8Array.from(ESCAPES, (escaped, byte) => (byte === 0 || escaped !== undefined ? 1 : 0));

/** The same for pairs of bytes, as the word that they are. */
export const PAIR_CLASSES = new Uint8Array(0x1_0000);
for (let second = 0; second < 256; second++) {
  PAIR_CLASSES.set(BYTE_CLASSES, second * 256);
  if (BYTE_CLASSES[second] === 1) PAIR_CLASSES.fill(1, second * 256, second * 256 + 256);
}

/** A byte that does not stand for itself. */
export function putEscape(view: DataView, at: number, byte: number): number {
  return putAscii(view, at, ESCAPES[byte]!);
}

/**
 * Puts numbers of each number of digits. Code that is optimised before it has met all of them is thrown away when a longer one comes,
 * and identifiers and counters grow while a trace is printed.
 */
function practise(): void {
  const view = new DataView(new ArrayBuffer(64));
  for (let round = 0; round < 8; round++) {
    for (const value of [7, 77, 777, 7777, 77_777, 777_777_777, 0xffff_ffff]) {
      putSigned(view, 0, -value);
      putTwoWords(view, 0, 0, value);
      putTwoWords(view, 0, 1, value);
      putTwoWords(view, 0, -1, value);
    }
  }
}

practise();
