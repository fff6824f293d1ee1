import { isSecretName } from '../secret-names.ts';
import { cut, MESSAGE_LENGTH_MAX } from './plain-value.ts';

/** The name of a member in a text of `util.inspect` or of JSON, behind its `{` or comma, up to the value. */
const MEMBER = /([{,]\s*)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([\p{L}\p{N}_$]+))\s*:\s*/gu;
const OPENING = '{[(';
const CLOSING = '}])';
const QUOTES = '"\'`';

/** A text that a logger has made of a format and values: bounded, and without the values of secrets in objects. */
export function formattedText(message: string): string {
  const text = cut(message, MESSAGE_LENGTH_MAX);
  return isSecretName(text) ? withoutSecrets(text) : text;
}

function withoutSecrets(text: string): string {
  let kept = '';
  let from = 0;
  MEMBER.lastIndex = 0;
  for (let member = MEMBER.exec(text); member !== null; member = MEMBER.exec(text)) {
    const [whole, , ...names] = member;
    // The comma behind this name begins the next one.
    if (!isSecretName(names.join(''))) continue;
    const valueAt = member.index + whole.length;
    const end = endOfValue(text, valueAt);
    kept += `${text.slice(from, valueAt)}…`;
    from = end;
    MEMBER.lastIndex = end;
  }
  return kept + text.slice(from);
}

/** The place of the comma or bracket behind a value; the end of the text if it has none. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (QUOTES.includes(character)) at = endOfQuote(text, at);
    else if (OPENING.includes(character)) depth++;
    else if (depth === 0 && (character === ',' || CLOSING.includes(character))) return at;
    else if (CLOSING.includes(character)) depth--;
  }
  return text.length;
}

function endOfQuote(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at++) {
    if (text.charAt(at) === '\\') at++;
    else if (text.charAt(at) === quote) return at;
  }
  return text.length;
}
