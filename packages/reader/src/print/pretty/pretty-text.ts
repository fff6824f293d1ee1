import { visibleCharacter } from '@ringtail/base/text';
import { TextEscapes } from '../text/text-escapes.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const SPECIAL = /[\\'"?\x00-\x1f\x7f]/;

/**
 * A text in quotes, like a string literal of C. Escapes the characters that Babeltrace 2 escapes, and all others that
 * are not safe to show, which Babeltrace 2 leaves as they are.
 */
export function quotedText(text: string): string {
  return `"${QUOTED.text(text)}"`;
}

/** How characters between quotes are written. */
export const QUOTED = new TextEscapes((character) => {
  if (!SPECIAL.test(character)) return undefined;
  return '\\\'"?'.includes(character) ? `\\${character}` : visibleCharacter(character);
});
