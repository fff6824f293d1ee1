// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const SPECIAL = /[\\'"?\x00-\x1f\x7f]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '?': '\\?',
  '\x07': '\\a',
  '\b': '\\b',
  '\x1b': '\\e',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A text in quotes, escaped as a C string literal would be. What is not ASCII stays as it is. */
export function quotedText(text: string): string {
  return `"${text.replace(SPECIAL, escaped)}"`;
}

/** What a byte of a text in quotes is replaced with; undefined where it stays as it is. */
export function escapeOf(byte: number): string | undefined {
  const character = String.fromCharCode(byte);
  const text = character.replace(SPECIAL, escaped);
  return text === character ? undefined : text;
}

function escaped(character: string): string {
  return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
