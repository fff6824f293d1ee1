import { isUnsafe, visibleCharacter } from '@ringtail/base/text';
import { characterBytesAt, codePoint } from '@ringtail/ctf/internal';
import { putAscii } from './byte-text.ts';

/**
 * Escapes in the texts of a trace. Each printer has its own rule for ASCII. Other characters are escaped if they are
 * not safe to show, and so are bytes that are no characters. The same escapes apply to strings and, in generated code,
 * to bytes.
 */
export class TextEscapes {
  /** For each byte: 0 if it stands for itself, 1 if it may need an escape. A null character ends the text. */
  readonly byteClasses: Uint8Array;
  /** Classes of byte pairs, indexed by 16-bit word: 0 if both bytes have class 0. */
  readonly pairClasses = new Uint8Array(0x1_0000);
  readonly #escapes: readonly (string | undefined)[];

  /** @param escapeOf text that replaces an ASCII character; undefined where it stays as it is */
  constructor(escapeOf: (character: string) => string | undefined) {
    this.#escapes = Array.from({ length: 0x80 }, (_, code) => escapeOf(String.fromCharCode(code)));
    this.byteClasses = Uint8Array.from({ length: 0x100 }, (_, byte) =>
      byte === 0 || byte >= 0x80 || this.#escapes[byte] !== undefined ? 1 : 0,
    );
    for (let second = 0; second < 0x100; second++) {
      this.pairClasses.set(this.byteClasses, second * 0x100);
      if (this.byteClasses[second] === 1) this.pairClasses.fill(1, second * 0x100, second * 0x100 + 0x100);
    }
  }

  /** The text with everything escaped that needs it. */
  text(text: string): string {
    let written = '';
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < 0x80 && this.byteClasses[code] === 0) continue;
      const point = text.codePointAt(at)!;
      const last = point < 0x1_0000 ? at : at + 1;
      const escaped = this.#escapeOf(point);
      if (escaped !== undefined) {
        written += text.slice(from, at) + escaped;
        from = last + 1;
      }
      at = last;
    }
    return from === 0 ? text : written + text.slice(from);
  }

  /** An ASCII character that does not stand for itself. */
  readonly putEscape = (view: DataView, at: number, byte: number): number => putAscii(view, at, this.#escapes[byte]!);

  #escapeOf(point: number): string | undefined {
    if (point < 0x80) return this.#escapes[point];
    return isUnsafe(point) ? visibleCharacter(String.fromCodePoint(point)) : undefined;
  }
}

/** Constants of generated code that copies texts. */
export function copyConstants({ byteClasses, pairClasses, putEscape }: TextEscapes): Record<string, unknown> {
  return {
    BYTE_CLASSES: byteClasses,
    PAIR_CLASSES: pairClasses,
    characterBytesAt,
    putCharacter,
    putEscape,
  };
}

/** A character beyond ASCII, or one byte that belongs to none: as it is, or escaped. */
function putCharacter(view: DataView, at: number, bytes: Uint8Array, from: number, length: number): number {
  const point = length === 1 ? LONE_BYTE + bytes[from]! : codePoint(bytes, from, length);
  if (isUnsafe(point)) return putAscii(view, at, visibleCharacter(String.fromCodePoint(point)));
  for (let i = 0; i < length; i++) view.setUint8(at + i, bytes[from + i]!);
  return at + length;
}

/** `decodeText` makes surrogates from here on of bytes that are no text. */
const LONE_BYTE = 0xdc00;
