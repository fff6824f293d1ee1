import { visibleText } from './visible-text.ts';

/** Text of ASCII with none of the characters below, as most texts are. */
const SIMPLE = /^[!#-*.-:<>?A-~][ !#-+\--:<-~]*$/;

/** Characters that begin a formula in a spreadsheet, in full width too, also behind white space. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212]|^[\t\r\n]/;

/**
 * Signed numbers, amounts and durations: `-5`, `+1.5e-3`, `-12.5 ms`, `-1h 30min`, `-00:01:02`. They hold no
 * parenthesis, operator or reference between cells, and stay as they are.
 */
const AMOUNT =
  /^[+\-\u2212]\.?\d+(?:[.,:]\d+)*(?:[eE][+-]?\d+)?(?: ?[A-Za-zµμ°%]+(?: ?\d+(?:\.\d+)? ?[A-Za-zµμ°%]+)*)?$/;
/** No amount is longer. */
const AMOUNT_LENGTH_MAX = 64;

const LONE_CR = /\r(?!\n)/g;
/** Characters that end a cell: the comma of this format, and other separators of spreadsheets. */
const QUOTED = /[",;\t\r\n]/;

/**
 * A text as a cell of comma-separated values.
 *
 * Unsafe characters are shown as by `visibleText`; lines stay. A text that a spreadsheet would run as a formula has an
 * apostrophe before it, which makes it text there.
 *
 * @see RFC 4180
 * @see OWASP, CSV Injection
 */
export function csvCell(text: string): string {
  if (SIMPLE.test(text)) return text;
  const isFormula = FORMULA.test(text) && !(text.length <= AMOUNT_LENGTH_MAX && AMOUNT.test(text));
  // A carriage return before a line feed ends a line; alone it lets one text write over another.
  const lines = text.split('\r\n').map((line) => visibleText(line.replace(LONE_CR, '\\r')));
  const cell = `${isFormula ? "'" : ''}${lines.join('\r\n')}`;
  return QUOTED.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
