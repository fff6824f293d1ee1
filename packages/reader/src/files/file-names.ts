import { isUtf8 } from 'node:buffer';

/**
 * Names of files are bytes, and not always text. Within the reader they are text: each byte that is no UTF-8 stands as
 * a lone surrogate, from U+DC80 on, so that the name can be given back to the system as it was.
 */
const ESCAPE_BASE = 0xdc00;
const ESCAPED = /[\udc80-\udcff]/u;
/** A whole character of UTF-8 has at most this many bytes; bytes between characters are no text. */
const CHARACTERS_BYTES_MAX = 4;

/** The name of a file as text. */
export function fileName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterBytes(bytes, at);
    text += length === 0 ? String.fromCharCode(ESCAPE_BASE + bytes[at]!) : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return text;
}

/** A path as the functions of `node:fs` need it. */
export function systemPath(path: string): string | Buffer {
  if (!ESCAPED.test(path)) return path;
  return Buffer.concat(Array.from(path, (character) => characterOf(character)));
}

function characterOf(character: string): Buffer {
  return ESCAPED.test(character) ? Buffer.of(character.charCodeAt(0) - ESCAPE_BASE) : Buffer.from(character);
}

/** 0 if no character begins there. */
function characterBytes(bytes: Buffer, at: number): number {
  for (let length = 1; length <= CHARACTERS_BYTES_MAX && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
