import { divideWords, lastRemainder, putAscii, putSigned, putUnsigned } from '../text/byte-text.ts';
import { detailsFloat } from './details-number.ts';

// Functions for generated code: texts as in `details-number.ts`, written as bytes at a position. Each returns the
// position behind.

const MINUS = 0x2d;
const POINT = 0x2e;

/** `,ddd`, as the bytes of a little-endian word. */
const GROUPS = Int32Array.from({ length: 1000 }, (_, value) => {
  const text = `,${String(value).padStart(3, '0')}`;
  return [0, 1, 2, 3].reduce((word, i) => word | (text.charCodeAt(i) << (8 * i)), 0);
});

/** Two hexadecimal digits, as the bytes of a little-endian word. */
const PAIRS = Uint16Array.from({ length: 256 }, (_, value) => {
  const text = value.toString(16).padStart(2, '0');
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
});

/** `-32,768`: of -2^32 to 2^32 - 1. */
export function putGrouped(view: DataView, at: number, value: number): number {
  if (value < 10_000 && value > -10_000) return putSigned(view, at, value);
  if (value >= 0) return putGroups(view, at, value);
  view.setUint8(at, MINUS);
  return putGroups(view, at + 1, -value);
}

/** Grouped digits of a 64-bit integer in two words; `high` has the sign. */
export function putTwoWordsGrouped(view: DataView, at: number, high: number, low: number): number {
  if (high === 0) return putGrouped(view, at, low);
  if (high > 0) return putWordsGrouped(view, at, high, low);
  if (high === -1 && low > 0xffff_0000) return putGrouped(view, at, low - 0x1_0000_0000);
  view.setUint8(at, MINUS);
  return low === 0
    ? putWordsGrouped(view, at + 1, -high, 0)
    : putWordsGrouped(view, at + 1, -high - 1, 0x1_0000_0000 - low);
}

function putWordsGrouped(view: DataView, at: number, high: number, low: number): number {
  const quotient = divideWords(high, low, 1_000_000_000);
  const rest = lastRemainder();
  if (quotient === 0) return putGroups(view, at, rest);
  return putNineGrouped(view, putGroups(view, at, quotient), rest);
}

/** 0 to 2^53 - 1, in groups also where there are less than five digits. */
function putGroups(view: DataView, at: number, value: number): number {
  if (value < 1000) return putUnsigned(view, at, value);
  if (value < 1_000_000) {
    const thousands = (value / 1000) | 0;
    return putGroup(view, putUnsigned(view, at, thousands), value - thousands * 1000);
  }
  if (value < 1_000_000_000) {
    const millions = (value / 1_000_000) | 0;
    return putSixGrouped(view, putUnsigned(view, at, millions), value - millions * 1_000_000);
  }
  const billions = Math.floor(value / 1_000_000_000);
  return putNineGrouped(view, putGroups(view, at, billions), value - billions * 1_000_000_000);
}

function putGroup(view: DataView, at: number, value: number): number {
  view.setInt32(at, GROUPS[value]!, true);
  return at + 4;
}

function putSixGrouped(view: DataView, at: number, value: number): number {
  const thousands = (value / 1000) | 0;
  return putGroup(view, putGroup(view, at, thousands), value - thousands * 1000);
}

/** `,ddd,ddd,ddd` */
export function putNineGrouped(view: DataView, at: number, value: number): number {
  const millions = (value / 1_000_000) | 0;
  return putSixGrouped(view, putGroup(view, at, millions), value - millions * 1_000_000);
}

/** `0x8000:0000`, `-0x1`: of -2^32 to 2^32 - 1. */
export function putGroupedHexadecimal(view: DataView, at: number, value: number): number {
  if (value >= 0) return putPrefixed(view, at, 0, value);
  view.setUint8(at, MINUS);
  return putPrefixed(view, at + 1, 0, -value);
}

export function putTwoWordsGroupedHexadecimal(view: DataView, at: number, high: number, low: number): number {
  if (high >= 0) return putPrefixed(view, at, high, low);
  view.setUint8(at, MINUS);
  return low === 0 ? putPrefixed(view, at + 1, -high, 0) : putPrefixed(view, at + 1, -high - 1, 0x1_0000_0000 - low);
}

function putPrefixed(view: DataView, at: number, high: number, low: number): number {
  view.setInt16(at, 0x7830, true);
  const digits = high !== 0 ? 16 - (Math.clz32(high) >> 2) : low === 0 ? 1 : 8 - (Math.clz32(low) >> 2);
  let o = at + 2;
  for (let left = digits; left > 0; ) {
    const word = left > 8 ? high : low;
    const shift = 4 * ((left - 1) & 7);
    if (left % 2 === 1) {
      view.setUint8(o++, PAIRS[(word >>> shift) & 15]! >> 8);
      left -= 1;
    } else {
      view.setInt16(o, PAIRS[(word >>> (shift - 4)) & 255]!, true);
      o += 2;
      left -= 2;
    }
    if (left > 0 && left % 4 === 0) view.setUint8(o++, 0x3a);
  }
  return o;
}

/** Fractions this close to a half may be on its other side, or equal to it: scaling rounds once, below 2^-33 here. */
const HALF_MARGIN = 1e-6;

/** C's `%f`. */
export function putDetailsFloat(view: DataView, at: number, value: number): number {
  const amount = Math.abs(value);
  if (!(amount < 9e15)) return putAscii(view, at, detailsFloat(value));
  const whole = Math.floor(amount);
  // Nothing is lost but in the multiplication.
  const scaled = (amount - whole) * 1_000_000;
  const digits = scaled | 0;
  const distance = scaled - digits - 0.5;
  if (distance > -HALF_MARGIN && (distance < HALF_MARGIN || digits === 999_999)) {
    return putAscii(view, at, detailsFloat(value));
  }
  if (value < 0 || Object.is(value, -0)) view.setUint8(at++, MINUS);
  return putFraction(view, putWhole(view, at, whole), distance > 0 ? digits + 1 : digits);
}

function putWhole(view: DataView, at: number, whole: number): number {
  return whole < 0x1_0000_0000 ? putUnsigned(view, at, whole) : putAscii(view, at, String(whole));
}

/** `.dddddd` */
function putFraction(view: DataView, at: number, digits: number): number {
  const thousands = (digits / 1000) | 0;
  putGroup(view, at, thousands);
  putGroup(view, at + 4, digits - thousands * 1000);
  // The groups have commas: one becomes the point, the second half moves over the other.
  view.setUint8(at, POINT);
  view.setUint16(at + 4, view.getUint16(at + 5, true), true);
  view.setUint8(at + 6, view.getUint8(at + 7));
  return at + 7;
}
