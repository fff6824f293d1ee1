import { decodeText, encodeText } from '../decode/text.ts';
import { type MetadataCode, MetadataError } from './parse-error.ts';

/** A lexical element of TSDL. `at` is its offset in the text. */
export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'integer'; readonly value: bigint; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly text: string; readonly at: number }
  | { readonly kind: 'mark'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

const SPACE = /\s*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const INTEGER = /(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)[uUlL]*(?![A-Za-z0-9_])/y;
const QUOTE = /L?["']/y;
const MARK = /\.\.\.|:=|->|[{}()[\]<>;:=,.*+-]/y;
/** Number of digits that Babeltrace accepts. */
const ESCAPE = /\\(?:x([0-9a-fA-F]{0,3})|([0-7]{1,3})|([\s\S]))/g;

const ESCAPED: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  v: '\v',
};

/** Longer names are refused: the names on the way to a field are kept together for each field. */
const WORD_CHARACTERS_MAX = 4096;
/** Longer integers are refused: converting them takes a time that grows with the square of their length. */
const INTEGER_CHARACTERS_MAX = 256;

/**
 * Most tokens of metadata: the result takes some hundred bytes of memory for each. LTTng's kernel tracer has half a
 * million.
 */
const TOKENS_MAX = 6_000_000;

/** Splits metadata text into tokens, one at a time. */
export class TsdlLexer {
  readonly #text: string;
  #at = 0;
  #tokenCount = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#skipBlanks();
    const at = this.#at;
    if (at >= this.#text.length) return { kind: 'end', text: '', at };
    if (++this.#tokenCount > TOKENS_MAX) {
      throw this.error('UNSUPPORTED', `metadata of more than ${TOKENS_MAX} words and marks`, at);
    }
    const quote = this.#match(QUOTE);
    if (quote !== undefined) return this.#string(quote[0], at);
    const word = this.#match(WORD);
    if (word !== undefined) {
      if (word[0].length > WORD_CHARACTERS_MAX) throw this.error('UNSUPPORTED', 'this name is too long', at);
      return { kind: 'word', text: word[0], at };
    }
    const integer = this.#match(INTEGER);
    if (integer !== undefined) {
      if (integer[0].length > INTEGER_CHARACTERS_MAX) throw this.error('SEMANTICS', 'this integer is too long', at);
      return { kind: 'integer', value: integerValue(integer[1]!), text: integer[0], at };
    }
    const mark = this.#match(MARK);
    if (mark !== undefined) return { kind: 'mark', text: mark[0], at };
    throw this.error('SYNTAX', describeBadText(this.#text.slice(at, at + 8)), at);
  }

  // Comments and texts are searched for their ends: a pattern that could go back over megabytes would end the program.

  #skipBlanks(): void {
    for (;;) {
      this.#match(SPACE);
      const at = this.#at;
      if (this.#text.startsWith('/*', at)) {
        const end = this.#text.indexOf('*/', at + 2);
        if (end === -1) throw this.error('SYNTAX', 'this comment does not end', at);
        this.#at = end + 2;
      } else if (this.#text.startsWith('//', at)) {
        const end = this.#text.indexOf('\n', at);
        this.#at = end === -1 ? this.#text.length : end;
      } else {
        return;
      }
    }
  }

  #string(opening: string, at: number): Token {
    const quote = opening.at(-1)!;
    const start = this.#at;
    let end = start;
    for (; this.#text[end] !== quote; end++) {
      const character = this.#text[end];
      if (character === '\\' && this.#text[end + 1] !== '\n') end++;
      if (end >= this.#text.length || this.#text[end] === '\n') {
        throw this.error('SYNTAX', 'this text does not end on its line', at);
      }
      if (this.#text[end] === '\0') throw this.error('SYNTAX', 'a null character within a text', at);
    }
    if (quote === "'" && end === start) throw this.error('SYNTAX', 'there is no character between the quotes', at);
    this.#at = end + 1;
    return {
      kind: 'string',
      value: withoutEscapes(this.#text.slice(start, end)),
      text: this.#text.slice(at, end + 1),
      at,
    };
  }

  error(code: MetadataCode, message: string, at: number): MetadataError {
    let line = 1;
    let lineStart = 0;
    for (let end = this.#text.indexOf('\n'); end !== -1 && end < at; end = this.#text.indexOf('\n', lineStart)) {
      line++;
      lineStart = end + 1;
    }
    return new MetadataError(code, message, { line, column: at - lineStart + 1 });
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}

function describeBadText(rest: string): string {
  if (/^[0-9]/.test(rest)) return 'this is no integer';
  return `unexpected character ${JSON.stringify(rest.charAt(0))}`;
}

function integerValue(digits: string): bigint {
  return BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

/** Numbers in escapes are bytes, of UTF-8 too, and a null byte ends a text, as in C. */
function withoutEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes = new Uint8Array(text.length * UTF8_BYTES_PER_UNIT_MAX);
  let length = 0;
  const put = (piece: string) => {
    const encoded = encodeText(piece);
    bytes.set(encoded, length);
    length += encoded.length;
  };
  let from = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, hex, octal, other] = match;
    put(text.slice(from, match.index));
    from = match.index + whole.length;
    if (hex !== undefined) bytes[length++] = Number.parseInt(`0${hex}`, 16);
    else if (octal !== undefined) bytes[length++] = Number.parseInt(octal, 8);
    // An unknown escape means the character without the backslash.
    else put(ESCAPED[other!] ?? other!);
  }
  put(text.slice(from));
  const end = bytes.indexOf(0);
  return decodeText(bytes, 0, end === -1 || end > length ? length : end);
}

/** A code unit of a string takes up to three bytes in UTF-8; characters of four bytes are two units. */
const UTF8_BYTES_PER_UNIT_MAX = 3;
