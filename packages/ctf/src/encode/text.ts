import { HOST_IS_LITTLE_ENDIAN } from './host.ts';

/**
 * UTF-8 straight into a record. JavaScript strings in traces are mostly short and plain, for which four `charCodeAt`
 * and one 32-bit store a turn beat every native call (measured: a native call costs 35 to 45 ns before its first byte).
 */

const REPLACEMENT = 0xfffd;

/** Any value as text, as a template literal would, but symbols too. May run the value's own `toString`. */
export function toText(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

/**
 * Writes null-terminated UTF-8 and returns the position after the terminator.
 *
 * The text ends at its first U+0000, as it would in C. The caller has made room for `3 * text.length + 1` bytes, or for
 * `utf8Bytes(text, true) + 1`.
 */
export function putString(dv: DataView, u8: Uint8Array, start: number, text: string): number {
  const end = text.length;
  let i = 0;
  for (; i + 4 <= end; i += 4) {
    const c0 = text.charCodeAt(i);
    const c1 = text.charCodeAt(i + 1);
    const c2 = text.charCodeAt(i + 2);
    const c3 = text.charCodeAt(i + 3);
    if ((c0 | c1 | c2 | c3) >= 0x80) return putUtf8(u8, start, text, true);
    const word = c0 | (c1 << 8) | (c2 << 16) | (c3 << 24);
    // All four are below 0x80, so a borrow into a top bit means that one of them is zero.
    if (((word - 0x01010101) & 0x80808080) !== 0) return putUtf8(u8, start, text, true);
    dv.setInt32(start + i, word, true);
  }
  for (; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0x80 || c === 0) return putUtf8(u8, start, text, true);
    u8[start + i] = c;
  }
  u8[start + end] = 0;
  return start + end + 1;
}

/** Longest text that is kept, with its terminator. */
const REPEATED_BYTES_MAX = 64;
/** How many comparisons in a row may fail before a field is left alone. */
const REPEATED_CREDIT = 64;

/**
 * The last text of a field, in UTF-8, kept while that saves time.
 *
 * Many fields repeat a text again and again (a method, a route, a queue). Comparing costs little where it succeeds and
 * is lost where it fails, so a field that keeps changing soon stops comparing for good.
 */
export class RepeatedText {
  text = '';
  /** With the terminator; 0 while nothing is kept. */
  bytes = 0;
  credit = REPEATED_CREDIT;
  readonly u8 = new Uint8Array(REPEATED_BYTES_MAX);
  readonly words = new Int32Array(this.u8.buffer);
}

/** Does the same as `putString`, and is faster where the text equals the last text of the field. */
export function putRepeatedString(
  dv: DataView,
  u8: Uint8Array,
  start: number,
  text: string,
  former: RepeatedText,
): number {
  if (former.credit === 0) return putString(dv, u8, start, text);
  const { bytes } = former;
  if (bytes > 0 && text === former.text) {
    if (former.credit < REPEATED_CREDIT) former.credit += 1;
    let i = 0;
    for (; i + 4 <= bytes; i += 4) dv.setInt32(start + i, former.words[i >> 2] as number, HOST_IS_LITTLE_ENDIAN);
    for (; i < bytes; i++) u8[start + i] = former.u8[i] as number;
    return start + bytes;
  }
  const end = putString(dv, u8, start, text);
  former.credit -= 1;
  former.bytes = end - start <= REPEATED_BYTES_MAX ? end - start : 0;
  former.text = text;
  for (let i = 0; i < former.bytes; i++) former.u8[i] = u8[start + i] as number;
  return end;
}

/** Writes UTF-8 behind its length in bytes (u32) and returns the position after it. Keeps U+0000. */
export function putText(dv: DataView, u8: Uint8Array, start: number, text: string): number {
  const end = putUtf8(u8, start + 4, text, false);
  dv.setUint32(start, end - start - 4, true);
  return end;
}

/** Length in bytes of the text as UTF-8, up to its first U+0000 if `stopAtNull`. Lone surrogates count as U+FFFD. */
export function utf8Bytes(text: string, stopAtNull: boolean): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) {
      if (c === 0 && stopAtNull) return bytes;
      bytes += 1;
    } else if (c < 0x800) {
      bytes += 2;
    } else if (isPair(text, i, c)) {
      bytes += 4;
      i += 1;
    } else {
      bytes += 3;
    }
  }
  return bytes;
}

function putUtf8(u8: Uint8Array, start: number, text: string, nullTerminated: boolean): number {
  let p = start;
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i);
    if (c < 0x80) {
      if (c === 0 && nullTerminated) break;
      u8[p++] = c;
      continue;
    }
    if (c < 0x800) {
      u8[p++] = 0xc0 | (c >> 6);
    } else {
      if (isPair(text, i, c)) {
        c = 0x10000 + ((c - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
        u8[p++] = 0xf0 | (c >> 18);
        u8[p++] = 0x80 | ((c >> 12) & 0x3f);
      } else {
        if (c >= 0xd800 && c < 0xe000) c = REPLACEMENT;
        u8[p++] = 0xe0 | (c >> 12);
      }
      u8[p++] = 0x80 | ((c >> 6) & 0x3f);
    }
    u8[p++] = 0x80 | (c & 0x3f);
  }
  if (nullTerminated) u8[p++] = 0;
  return p;
}

/** Whether a surrogate pair starts at `i`, where the code unit is `c`. */
function isPair(text: string, i: number, c: number): boolean {
  if (c < 0xd800 || c >= 0xdc00 || i + 1 >= text.length) return false;
  const next = text.charCodeAt(i + 1);
  return next >= 0xdc00 && next < 0xe000;
}
