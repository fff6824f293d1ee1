import type { StarPattern } from '@ringtail/base';
import { parsePattern } from './filter-ast.ts';
import { FilterError } from './filter-error.ts';

export type FilterToken =
  | { readonly kind: 'name' | 'operator' | 'end'; readonly text: string; readonly column: number }
  | { readonly kind: 'integer'; readonly value: bigint; readonly column: number }
  | { readonly kind: 'real'; readonly value: number; readonly column: number }
  | { readonly kind: 'text'; readonly pattern: StarPattern; readonly column: number };

// C's comments, suffixes of numbers and kinds of texts are ignored, as in LTTng.
const SPACE = /(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)+/y;
const TEXT = /L?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/sy;
const NAME = /\$?[A-Za-z_][A-Za-z0-9_]*/y;
const REAL = /((?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)[fFlL]?/y;
const INTEGER = /(0[xX][0-9a-fA-F]+|\d+)(?:[uU](?:ll?|LL?)?|(?:ll?|LL?)[uU]?)?/y;
const OPERATOR = /->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%!~&^|<>()[\].:]/y;

/** Explains some characters that cannot begin a token. */
const UNENDED: Readonly<Record<string, string>> = {
  '"': 'a text that does not end',
  "'": 'a text that does not end',
  '/*': 'a comment that does not end',
};

const U64_MAX = (1n << 64n) - 1n;

/** Splits a filter expression into tokens; the last one is the end. */
export function filterTokens(text: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at += match[0].length;
    return match;
  };
  for (;;) {
    take(SPACE);
    const column = at + 1;
    if (at === text.length) return [...tokens, { kind: 'end', text: 'the end', column }];
    const quoted = take(TEXT);
    if (quoted !== null) {
      tokens.push({ kind: 'text', pattern: parsePattern((quoted[1] ?? quoted[2])!), column });
      continue;
    }
    const name = take(NAME);
    if (name !== null) {
      tokens.push({ kind: 'name', text: name[0], column });
      continue;
    }
    const real = take(REAL);
    if (real !== null) {
      tokens.push({ kind: 'real', value: Number(real[1]), column });
      continue;
    }
    const integer = take(INTEGER);
    if (integer !== null) {
      tokens.push({ kind: 'integer', value: integerValue(integer[1]!, column), column });
      continue;
    }
    const operator = take(OPERATOR);
    if (operator === null) {
      const what = UNENDED[text[at]!] ?? UNENDED[text.slice(at, at + 2)] ?? `an unexpected "${text[at]}"`;
      throw new FilterError('SYNTAX', what, column);
    }
    tokens.push({ kind: 'operator', text: operator[0] === '->' ? '.' : operator[0], column });
  }
}

function integerValue(text: string, column: number): bigint {
  if (/^0\d*[89]/.test(text)) throw new FilterError('SYNTAX', `${text} is no octal number`, column);
  const value = /^0\d/.test(text) ? BigInt(`0o${text.slice(1)}`) : BigInt(text);
  if (value > U64_MAX) throw new FilterError('SYNTAX', `${text} exceeds 64 bits`, column);
  return BigInt.asIntN(64, value);
}
