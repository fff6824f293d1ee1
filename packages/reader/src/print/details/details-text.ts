import { isUnsafe, visibleCharacter } from '@ringtail/base/text';
import { TextEscapes } from '../text/text-escapes.ts';

/**
 * Control characters that terminals pass over: Babeltrace prints them, and so do we. Tab and line feed are safe
 * already.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const PASSED_OVER = /[\x01-\x04\x06\x10\x12\x14-\x17\x19\x1c-\x1f\x7f]/;

/** How texts of events are written on a terminal: in one line, so that none can pass for a line of details. */
export const SHOWN_TEXT = new TextEscapes((character) =>
  isUnsafe(character.charCodeAt(0)) || character === '\n' ? visibleCharacter(character) : undefined,
);

/** Escapes of texts elsewhere: as in Babeltrace, except for characters that a terminal obeys or does not show. */
export const DETAILS_TEXT = new TextEscapes((character) =>
  !isUnsafe(character.charCodeAt(0)) || PASSED_OVER.test(character) ? undefined : visibleCharacter(character),
);
