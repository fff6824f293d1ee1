import { type MetadataCode, MetadataError } from './parse-error.ts';

/** A lexical element of TSDL. `at` is its offset in the text. */
export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'integer'; readonly value: bigint; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly text: string; readonly at: number }
  | { readonly kind: 'mark'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

const BLANK = /(?:\s+|\/\*[\s\S]*?\*\/|\/\/[^\n]*)*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const INTEGER = /(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)[uUlL]*(?![A-Za-z0-9_])/y;
const STRING = /L?(?:"((?:[^"\\\n]|\\[abefnrtv'"?\\x0-7])*)"|'((?:[^'\\\n]|\\[abefnrtv'"?\\x0-7])+)')/y;
const MARK = /\.\.\.|:=|->|[{}()[\]<>;:=,.*+-]/y;
const ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/g;

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

/** Splits metadata text into tokens, one at a time. */
export class TsdlLexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#match(BLANK);
    const at = this.#at;
    if (at >= this.#text.length) return { kind: 'end', text: '', at };
    const string = this.#match(STRING);
    if (string !== undefined)
      return { kind: 'string', value: withoutEscapes(string[1] ?? string[2] ?? ''), text: string[0], at };
    const word = this.#match(WORD);
    if (word !== undefined) return { kind: 'word', text: word[0], at };
    const integer = this.#match(INTEGER);
    if (integer !== undefined) return { kind: 'integer', value: integerValue(integer[1]!), text: integer[0], at };
    const mark = this.#match(MARK);
    if (mark !== undefined) return { kind: 'mark', text: mark[0], at };
    throw this.error('SYNTAX', describeBadText(this.#text.slice(at)), at);
  }

  error(code: MetadataCode, message: string, at: number): MetadataError {
    const before = this.#text.slice(0, at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
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
  if (rest.startsWith('/*')) return 'this comment does not end';
  if (rest.startsWith('"') || rest.startsWith("'"))
    return 'this text does not end on its line, or has an unknown escape';
  if (/^[0-9]/.test(rest)) return 'this is no integer';
  return `unexpected character ${JSON.stringify(rest.charAt(0))}`;
}

function integerValue(digits: string): bigint {
  return BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

function withoutEscapes(text: string): string {
  return text.replaceAll(ESCAPE, (_, hex?: string, octal?: string, other?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return ESCAPED[other!] ?? other!;
  });
}
