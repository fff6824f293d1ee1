import { MetadataPrintError } from './print-error.ts';

/** Keywords of the metadata language, and keywords of C that readers know. */
const KEYWORDS = new Set(
  (
    'align callsite char clock const double enum env event float floating_point int integer long short signed stream ' +
    'string struct trace typealias typedef unsigned variant void _Bool _Complex _Imaginary'
  ).split(' '),
);

/** Members of headers and packet contexts that older readers know by their bare names only. */
const BARE_NAMES = new Set(
  (
    'magic uuid stream_id stream_instance_id id v timestamp timestamp_begin timestamp_end content_size packet_size ' +
    'packet_seq_num events_discarded cpu_id'
  ).split(' '),
);

/**
 * The name of a structure member in TSDL: with an underscore in front, which readers remove, so that no member is a
 * keyword.
 *
 * @param bare whether members with a meaning in CTF keep their bare names
 */
export function tsdlMemberName(name: string, bare: boolean): string {
  return tsdlIdentifier(bare && BARE_NAMES.has(name) ? name : `_${name}`);
}

/** @throws {MetadataPrintError} where `name` cannot be an identifier */
export function tsdlIdentifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !KEYWORDS.has(name)) return name;
  throw new MetadataPrintError(`${JSON.stringify(name)} is not an identifier in CTF 1.8 metadata`);
}

/** Text in quotes, with C escapes. It ends at its first U+0000, which no reader would read past. */
export function tsdlString(text: string): string {
  const written = text.split('\0', 1)[0] as string;
  return `"${written.replace(SPECIAL, escapeCharacter)}"`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that need an escape.
const SPECIAL = /["\\\u0001-\u001f\u007f]/g;

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '"' || character === '\\') return `\\${character}`;
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
