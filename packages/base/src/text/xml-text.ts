import { PLAIN, UNSAFE } from './unsafe-characters.ts';
import { visibleCharacter } from './visible-text.ts';

const MARKUP = /[&<>"'\t\n]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters that no XML document may contain, not even as a reference. */
const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * Text as content or attribute of an XML 1.0 document. Unsafe characters are references, which readers undo; characters
 * that XML cannot hold in any form are shown as by `visibleText`.
 *
 * @see Extensible Markup Language 1.0, production 2 (Char)
 */
export function xmlText(text: string): string {
  const marked = text.replace(MARKUP, (character) => ENTITIES[character] ?? referenceTo(character));
  return PLAIN.test(marked) ? marked : marked.replace(UNSAFE, xmlCharacter);
}

/** Whether XML can hold all of the text, so that a reader gets the same. */
export function isXmlText(text: string): boolean {
  return !NO_XML.test(text);
}

function xmlCharacter(character: string): string {
  return isXmlText(character) ? referenceTo(character) : visibleCharacter(character);
}

function referenceTo(character: string): string {
  return `&#x${character.codePointAt(0)?.toString(16)};`;
}
