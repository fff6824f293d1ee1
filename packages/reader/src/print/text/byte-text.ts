import { encodeText } from '@ringtail/ctf/internal';
import { floatText } from '../pretty/pretty-number.ts';

/**
 * Functions for generated printers. Each writes text as bytes at a position, and returns the position behind it.
 *
 * Callers ensure that there is room, except for `putText`, whose text can be of any length.
 */

/** Four decimal digits each, as the bytes of a little-endian word: the first digit is the lowest byte. */
export const FOUR_DIGITS = Int32Array.from({ length: 10_000 }, (_, value) => {
  const text = String(value).padStart(4, '0');
  return [0, 1, 2, 3].reduce((word, i) => word | (text.charCodeAt(i) << (8 * i)), 0);
});

const MINUS = 0x2d;
const POINT = 0x2e;
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
  if (high > 0) return putWords(view, at, high, low);
  view.setUint8(at, MINUS);
  // Two's complement.
  return low === 0 ? putWords(view, at + 1, -high, 0) : putWords(view, at + 1, -high - 1, 0x1_0000_0000 - low);
}

function putWords(view: DataView, at: number, high: number, low: number): number {
  if (high < SAFE_HIGH) return putSafe(view, at, high * 0x1_0000_0000 + low);
  const quotient = divideWords(high, low, 100_000_000);
  return putEightDigits(view, putSafe(view, at, quotient), remainder);
}

let remainder = -0;

/** The remainder of the last `divideWords`. */
export function lastRemainder(): number {
  return remainder;
}

/**
 * Divides two unsigned words as paper and pencil do, 16 bits at a time, so that all that comes up is exact in a number.
 *
 * @param divisor 2^11 to 2^30
 */
export function divideWords(high: number, low: number, divisor: number): number {
  const first = Math.floor(high / divisor);
  const second = (high - first * divisor) * 0x1_0000 + (low >>> 16);
  const secondQuotient = Math.floor(second / divisor);
  const third = (second - secondQuotient * divisor) * 0x1_0000 + (low & 0xffff);
  const thirdQuotient = Math.floor(third / divisor);
  remainder = third - thirdQuotient * divisor;
  return first * 0x1_0000_0000 + secondQuotient * 0x1_0000 + thirdQuotient;
}

/** Values with a high word below are exact in a number. */
const SAFE_HIGH = 0x20_0000;

/** 0 to 2^53 - 1. */
function putSafe(view: DataView, at: number, value: number): number {
  if (value < 0x1_0000_0000) return putUnsigned(view, at, value);
  const high = Math.floor(value / 100_000_000);
  return putEightDigits(view, putUnsigned(view, at, high), value - high * 100_000_000);
}

/** `0x1F`, of 0 to 2^32 - 1. */
export function putHexadecimal(view: DataView, at: number, value: number): number {
  view.setInt16(at, 0x7830, true);
  let begin = at + 2;
  const count = value === 0 ? 1 : 8 - (Math.clz32(value) >> 2);
  if (count % 2 === 1) view.setUint8(begin++, HEXADECIMAL_DIGITS[(value >>> (4 * (count - 1))) & 15]! >> 8);
  return putHexadecimalPairs(view, begin, value, count & 14);
}

/** `0x1F`, of two words. */
export function putTwoWordsHexadecimal(view: DataView, at: number, high: number, low: number): number {
  if (high === 0) return putHexadecimal(view, at, low);
  return putHexadecimalPairs(view, putHexadecimal(view, at, high >>> 0), low, 8);
}

/** The last `count` digits, an even number. */
function putHexadecimalPairs(view: DataView, at: number, value: number, count: number): number {
  for (let i = 0; i < count; i += 2) {
    view.setInt16(at + i, HEXADECIMAL_DIGITS[(value >>> (4 * (count - 2 - i))) & 255]!, true);
  }
  return at + count;
}

/** Two hexadecimal digits each, as the bytes of a little-endian word. */
const HEXADECIMAL_DIGITS = Uint16Array.from({ length: 256 }, (_, value) => {
  const text = value.toString(16).toUpperCase().padStart(2, '0');
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
});

/** `POWERS_OF_TEN[n]` is 10^n, exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 10 }, (_, exponent) => Number(`1e${exponent}`));

/** Fractions this close to a half may be on its other side, or equal to it: scaling rounds once, below 2^-33 here. */
const HALF_MARGIN = 1e-6;

/**
 * Writes the text of `floatText`.
 *
 * Numbers that need no exponent are scaled to six digits before the point by one multiplication with an exact power of
 * ten. Its error is far less than the distance of nearly all numbers to where rounding changes.
 */
export function putFloat(view: DataView, at: number, value: number): number {
  const amount = Math.abs(value);
  if (!(amount >= 1e-4 && amount < 999_999)) return putAscii(view, at, floatText(value));
  let decimals: number;
  if (amount >= 1) {
    decimals =
      amount < 100 ? (amount < 10 ? 5 : 4) : amount < 10_000 ? (amount < 1000 ? 3 : 2) : amount < 100_000 ? 1 : 0;
  } else {
    decimals = amount < 0.01 ? (amount < 0.001 ? 9 : 8) : amount < 0.1 ? 7 : 6;
  }
  const scaled = amount * POWERS_OF_TEN[decimals]!;
  let digits = scaled | 0;
  const distance = scaled - digits - 0.5;
  if (distance > -HALF_MARGIN) {
    if (distance < HALF_MARGIN) return putAscii(view, at, floatText(value));
    digits++;
  }
  if (value < 0) view.setUint8(at++, MINUS);
  return putDecimal(view, at, digits, decimals);
}

/** `digits` / 10^`decimals`, without trailing zeros. */
function putDecimal(view: DataView, at: number, digits: number, decimals: number): number {
  const unit = POWERS_OF_TEN[decimals]!;
  const whole = decimals > 6 ? 0 : (digits / unit) | 0;
  let rest = digits - whole * unit;
  const point = putUnsigned(view, at, whole);
  if (rest === 0) return point;
  let count = decimals;
  let quotient = (rest / 10) | 0;
  while (quotient * 10 === rest) {
    rest = quotient;
    quotient = (rest / 10) | 0;
    count--;
  }
  for (let i = point + count; i > point; i--) {
    view.setUint8(i, ZERO + rest - quotient * 10);
    rest = quotient;
    quotient = (rest / 10) | 0;
  }
  view.setUint8(point, POINT);
  return point + count + 1;
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

/**
 * Puts numbers of each number of digits. Code that is optimised before it has met all of them is thrown away when a
 * longer one comes, and identifiers and counters grow while a trace is printed.
 */
function practise(): void {
  const view = new DataView(new ArrayBuffer(64));
  for (let round = 0; round < 8; round++) {
    for (const value of [7, 77, 777, 7777, 77_777, 777_777_777, 0xffff_ffff]) {
      putSigned(view, 0, -value);
      putTwoWords(view, 0, 0, value);
      putTwoWords(view, 0, 1, value);
      putTwoWords(view, 0, -1, value);
      putTwoWords(view, 0, -value, value);
      putTwoWords(view, 0, value, value);
    }
    for (const value of [0.000777, 0.00777, 0.0777, 0.777, 7.77, 77, 777.7, 7777.7, 77_777, 777_777, 1e9]) {
      putFloat(view, 0, -value);
    }
  }
}

practise();
