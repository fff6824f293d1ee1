/**
 * Text of a trace as JavaScript strings, without loss.
 *
 * Tracers write whatever the application passed, and that need not be UTF-8. A byte that does not belong to
 * well-formed UTF-8 becomes the lone surrogate U+DC00 + byte, which no valid text contains; `encodeText` turns it
 * back into its byte.
 */

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Up to here, a loop over characters is cheaper than a call of the decoder. */
const SHORT_BYTES = 48;

export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_BYTES) {
    let text = '';
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (at === end) return text;
  }
  const slice = bytes.subarray(start, end);
  try {
    return strictDecoder.decode(slice);
  } catch {
    return decodeMalformed(slice);
  }
}

function decodeMalformed(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at]!);
    try {
      if (length === 0 || at + length > bytes.length) throw new TypeError('not the start of a character');
      text += strictDecoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + bytes[at]!);
      at += 1;
    }
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc0) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf8 ? 4 : 0;
}

const LONE_SURROGATE = /[\uD800-\uDFFF]/u;
const LONE_SURROGATES = /[\uD800-\uDFFF]/gu;

/** The bytes that `text` was decoded from. */
export function encodeText(text: string): Uint8Array {
  if (!LONE_SURROGATE.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  let from = 0;
  for (const match of text.matchAll(LONE_SURROGATES)) {
    for (const byte of encoder.encode(text.slice(from, match.index))) bytes.push(byte);
    bytes.push(match[0].charCodeAt(0) & 0xff);
    from = match.index + 1;
  }
  for (const byte of encoder.encode(text.slice(from))) bytes.push(byte);
  return Uint8Array.from(bytes);
}
