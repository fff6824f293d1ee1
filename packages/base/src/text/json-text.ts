import { PLAIN, UNSAFE } from './unsafe-characters.ts';

/**
 * JSON in one line in which unsafe characters are escaped, which JSON's readers undo: nothing is lost.
 *
 * @param replacer as of `JSON.stringify`
 */
export function jsonText(value: unknown, replacer?: (name: string, value: unknown) => unknown): string {
  const json = JSON.stringify(value, replacer);
  return PLAIN.test(json) ? json : json.replace(UNSAFE, unitsOf);
}

function unitsOf(character: string): string {
  let escaped = '';
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
