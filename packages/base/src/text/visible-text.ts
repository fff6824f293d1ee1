import { PLAIN, UNSAFE, UNSAFE_IN_LINE } from './unsafe-characters.ts';

const LETTERS: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
};

/** Text of several lines for people: unsafe characters as escape sequences of C, which only show. */
export function visibleText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, visibleCharacter);
}

/** The same in one line: line feeds are escaped as well, so that no text can pass for a line of its own. */
export function visibleLine(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE_IN_LINE, visibleCharacter);
}

/**
 * A character as an escape sequence of C: `\e`, `\x01`, `\u202e`, `\U000e0041`.
 *
 * A lone U+DC80 to U+DCFF stands for a byte of a trace that is no text, and is shown as that byte: `\x80` to `\xff`.
 */
export function visibleCharacter(character: string): string {
  const letter = LETTERS[character];
  if (letter !== undefined) return letter;
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return `\\x${hexadecimal(point, 2)}`;
  if (point >= 0xdc80 && point <= 0xdcff) return `\\x${hexadecimal(point - 0xdc00, 2)}`;
  return point < 0x1_0000 ? `\\u${hexadecimal(point, 4)}` : `\\U${hexadecimal(point, 8)}`;
}

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
