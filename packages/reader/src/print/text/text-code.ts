import { type CodeWriter, encodeText } from '@ringtail/ctf/internal';
import { putBytes } from './byte-text.ts';
import { SLACK_BYTES } from './text-buffer.ts';

/** The most bytes that one call writes that does not check for room: a number, or an escaped byte. */
const PIECE_BYTES_MAX = 64;
/**
 * Longer constant text, which names of a trace make, is copied: as statements it would be too much code, and more than
 * there is room for.
 */
const STORED_LENGTH_MAX = 1024;

/** The statements that store constant text at `o` and advance it. They may write up to three bytes more. */
export function storeText(text: string): string {
  const bytes = encodeText(text);
  const stores: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) {
    const word = [0, 1, 2, 3].reduce((sum, k) => sum | ((bytes[i + k] ?? 0) << (8 * k)), 0);
    const at = i === 0 ? 'o' : `o + ${i}`;
    stores.push(bytes.length - i === 1 ? `O[${at}] = ${bytes[i]};` : `D.setInt32(${at}, ${word}, true);`);
  }
  return bytes.length === 0 ? '' : `${stores.join(' ')} o += ${bytes.length};`;
}

/** The statements that copy a `PaddedText`, of which these are the names of view and length, to `o` and advance it. */
export function copyPadded(view: string, length: string): string {
  return `for (let i = 0; i < ${length}; i += 4) D.setInt32(o + i, ${view}.getInt32(i, true), true); o += ${length};`;
}

/**
 * Collects text that a generated function writes: constant pieces are stored as one, and there is always room for them.
 *
 * The function keeps the position in the text in `o`, and returns -1 where there may not be room for a text of any
 * length.
 */
export class TextCode {
  readonly #code: CodeWriter;
  /** Constant text that is yet to be stored. */
  #pending = '';
  /** How much may have been written since the last check for room. */
  #unchecked = 0;

  constructor(code: CodeWriter) {
    this.#code = code;
  }

  text(text: string): void {
    this.#pending += text;
  }

  /** Stores the constant text so far. */
  flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '') return;
    if (text.length > STORED_LENGTH_MAX) {
      const [put, bytes] = [this.#code.constant('put', putBytes), this.#code.constant('bytes', encodeText(text))];
      this.putAnyLength(`${put}(O, o, LIMIT, ${bytes})`);
      return;
    }
    this.#reserve(text.length * 3 + 4);
    this.#code.line(storeText(text));
  }

  /** Ensures that this number of bytes fits behind the text so far. */
  #reserve(bytes: number): void {
    this.#unchecked += bytes;
    if (this.#unchecked < SLACK_BYTES) return;
    this.check();
    this.#unchecked = bytes;
  }

  /** To be called where code behind may run after more text than has been counted. */
  check(): void {
    this.#code.line('if (o >= LIMIT) return -1;');
    this.#unchecked = 0;
  }

  /** A call of a function that writes a piece of bounded size at `o`. */
  put(call: string): void {
    this.flush();
    this.#reserve(PIECE_BYTES_MAX);
    this.#code.line(`o = ${call};`);
  }

  /** A call of a function that writes text of any length at `o`, and returns -1 if there is no room. */
  putAnyLength(call: string): void {
    this.flush();
    this.#code.line(`o = ${call};`);
    this.#code.line('if (o === -1) return -1;');
    this.#unchecked = 0;
  }
}
