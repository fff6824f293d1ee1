import { unitBytesOf } from '../model/class-facts.ts';
import type { TextEncoding } from '../model/field-class.ts';

/**
 * Text of a trace as JavaScript strings, without loss.
 *
 * Tracers write the bytes of the application, which need not be UTF-8. A byte outside of well-formed UTF-8 becomes the
 * lone surrogate U+DC00 + byte, which no valid text contains. `encodeText` turns it back into its byte.
 */

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Up to here, a loop over characters is cheaper than a call of the decoder. */
const SHORT_BYTES = 64;

/** Decodes text of any encoding; UTF-16 and UTF-32 that is no text becomes U+FFFD. */
export function textDecoderFor(encoding: TextEncoding): typeof decodeText {
  const unitBytes = unitBytesOf(encoding);
  if (unitBytes === 1) return decodeText;
  const littleEndian = encoding.endsWith('le');
  const unitAt = (bytes: Uint8Array, at: number) => {
    let unit = 0;
    for (let i = 0; i < unitBytes; i++) unit = unit * 256 + bytes[littleEndian ? at + unitBytes - 1 - i : at + i]!;
    return unit;
  };
  return (bytes, start, end) => {
    let text = '';
    for (let at = start; at < end; at += unitBytes) {
      const unit = at + unitBytes <= end ? unitAt(bytes, at) : 0xfffd;
      if (unitBytes === 2) text += String.fromCharCode(unit);
      else text += unit > 0x10ffff || (unit >= 0xd800 && unit <= 0xdfff) ? '\ufffd' : String.fromCodePoint(unit);
    }
    return unitBytes === 2 ? text.replace(LONE_SURROGATES, '\ufffd') : text;
  };
}

/** Where the first null character of text lies; `end` if there is none. */
export function nullCharacterAt(bytes: Uint8Array, start: number, end: number, unitBytes: number): number {
  if (unitBytes === 1) {
    const at = bytes.indexOf(0, start);
    return at === -1 || at > end ? end : at;
  }
  for (let at = start; at + unitBytes <= end; at += unitBytes) {
    let i = 0;
    while (i < unitBytes && bytes[at + i] === 0) i++;
    if (i === unitBytes) return at;
  }
  return end;
}

export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_BYTES) return decodeByCharacter(bytes, start, end);
  try {
    return strictDecoder.decode(bytes.subarray(start, end));
  } catch {
    return decodeByCharacter(bytes, start, end);
  }
}

function decodeByCharacter(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; ) {
    const lead = bytes[at]!;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      at += 1;
      continue;
    }
    const length = sequenceLength(lead);
    const point = length === 0 || at + length > end ? -1 : codePoint(bytes, at, length);
    if (point === -1) {
      text += String.fromCharCode(0xdc00 + lead);
      at += 1;
    } else {
      text += String.fromCodePoint(point);
      at += length;
    }
  }
  return text;
}

/**
 * Bytes of the character beyond ASCII that starts at `at` and ends before `end`; 1 where the byte there belongs to
 * none.
 */
export function characterBytesAt(bytes: Uint8Array, at: number, end: number): number {
  const length = sequenceLength(bytes[at]!);
  return length === 0 || at + length > end || codePoint(bytes, at, length) === -1 ? 1 : length;
}

/** Bytes of the character that starts with this byte of 0x80 or more; 0 if none does. */
function sequenceLength(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/** -1 where the bytes are no character in its only form. */
export function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let point = bytes[at]! & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!;
    if ((byte & 0xc0) !== 0x80) return -1;
    point = (point << 6) | (byte & 0x3f);
  }
  const isOverlong = (length === 3 && point < 0x800) || (length === 4 && point < 0x10000);
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  return isOverlong || isSurrogate || point > 0x10ffff ? -1 : point;
}

const LONE_SURROGATE = /[\uD800-\uDFFF]/u;
const LONE_SURROGATES = /[\uD800-\uDFFF]/gu;

/** The bytes that `text` was decoded from. */
export function encodeText(text: string): Uint8Array {
  if (!LONE_SURROGATE.test(text)) return encoder.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  let from = 0;
  for (const { 0: surrogate, index } of text.matchAll(LONE_SURROGATES)) {
    length += encoder.encodeInto(text.slice(from, index), bytes.subarray(length)).written;
    bytes[length++] = surrogate.charCodeAt(0) & 0xff;
    from = index + 1;
  }
  length += encoder.encodeInto(text.slice(from), bytes.subarray(length)).written;
  return bytes.subarray(0, length);
}
