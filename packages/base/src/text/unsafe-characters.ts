/**
 * Characters that never reach a terminal, a log or a table as they are: a terminal obeys them, they put text into
 * another order or on another line, they carry text that no person sees, or they are no characters.
 *
 * Ranges of code points, in order. Tab and line feed are not among them: each writer decides about lines. Characters
 * that are only invisible are not either: words of several scripts and emoji are spelt with joiners and variation
 * selectors.
 */
const UNSAFE_RANGES: readonly (readonly [from: number, to: number])[] = [
  // C0 controls without tab and line feed.
  [0x00, 0x08],
  [0x0b, 0x1f],
  // Delete and C1 controls: U+009B begins an escape sequence as ESC [ does.
  [0x7f, 0x9f],
  // Marks of writing direction.
  [0x061c, 0x061c],
  [0x200e, 0x200f],
  // Line and paragraph separators, then embeddings and overrides of the writing direction.
  [0x2028, 0x202e],
  // Isolates of the writing direction and deprecated format characters.
  [0x2066, 0x206f],
  // Halves of surrogate pairs.
  [0xd800, 0xdfff],
  // Noncharacters and interlinear annotations; the last two of each plane are noncharacters as well.
  [0xfdd0, 0xfdef],
  [0xfff9, 0xfffb],
  [0xfffe, 0xffff],
  ...Array.from({ length: 13 }, (_, i) => [0x1_fffe + i * 0x1_0000, 0x1_ffff + i * 0x1_0000] as const),
  // Tags, with all that is reserved beside them; between them are variation selectors.
  [0xe0000, 0xe00ff],
  [0xe01f0, 0xe0fff],
  [0xefffe, 0xeffff],
  [0xffffe, 0xfffff],
  [0x10fffe, 0x10ffff],
];

const CLASS = UNSAFE_RANGES.map(([from, to]) => `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`).join('');

/** Every unsafe character. */
export const UNSAFE = new RegExp(`[${CLASS}]`, 'gu');
const UNSAFE_RUNS = new RegExp(`[${CLASS}]+`, 'gu');
/** The same and line feeds. */
export const UNSAFE_IN_LINE = new RegExp(`[\n${CLASS}]`, 'gu');
/** Text without any character that has to be checked: most text is like this. */
export const PLAIN = /^[\t -~]*$/;

/** The text with unsafe characters, as many as stand side by side, replaced. */
export function replaceUnsafe(text: string, replacementOf: (unsafe: string) => string): string {
  return text.replace(UNSAFE_RUNS, replacementOf);
}

export function isUnsafe(codePoint: number): boolean {
  for (const [from, to] of UNSAFE_RANGES) {
    if (codePoint < from) return false;
    if (codePoint <= to) return true;
  }
  return false;
}
