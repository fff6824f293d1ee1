import { MetadataError } from './parse-error.ts';

interface Placed {
  /** Offset in the metadata text. */
  readonly at: number;
}
export interface JsonObject extends Placed {
  readonly kind: 'object';
  readonly members: ReadonlyMap<string, JsonNode>;
}
export interface JsonArray extends Placed {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
}
/** A JSON value with its place in the text. A number is a bigint if it is written as a whole number. */
export type JsonNode =
  | JsonObject
  | JsonArray
  | (Placed & { readonly kind: 'string'; readonly value: string })
  | (Placed & { readonly kind: 'integer'; readonly value: bigint })
  | (Placed & { readonly kind: 'real'; readonly value: number })
  | (Placed & { readonly kind: 'boolean'; readonly value: boolean })
  | (Placed & { readonly kind: 'null' });

/** Objects and arrays within each other beyond this are refused. */
const DEPTH_MAX = 256;
/** No trace could hold a longer number, and to convert it takes time. */
const NUMBER_CHARACTERS_MAX = 400;

/** Most values of a fragment: each takes some hundred bytes of memory. */
const VALUES_MAX = 3_000_000;

const WHITE_SPACE = /[\t\n\r ]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
/** Up to a quote, an escape or a character that is not allowed in a string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads one JSON text, of which it keeps where each value stands.
 *
 * Unlike `JSON.parse`, it refuses objects that have a member twice, and keeps whole numbers of any size.
 *
 * @param end where the text ends within `source`
 * @throws {MetadataError} `SYNTAX`
 * @see RFC 8259
 */
export function parseJson(source: string, start: number, end: number): JsonNode {
  return new JsonParser(source, start, end).document();
}

class JsonParser {
  readonly #source: string;
  readonly #end: number;
  #at: number;
  #depth = 0;
  #valueCount = 0;

  constructor(source: string, start: number, end: number) {
    this.#source = source;
    this.#at = start;
    this.#end = end;
  }

  document(): JsonNode {
    const node = this.#value();
    this.#skip(WHITE_SPACE);
    if (this.#at < this.#end) throw this.#error('this follows the end of the fragment');
    return node;
  }

  #value(): JsonNode {
    this.#skip(WHITE_SPACE);
    const at = this.#at;
    if (at >= this.#end) throw this.#error('the fragment ends where a value is needed');
    if (++this.#valueCount > VALUES_MAX) throw this.#error(`the fragment has more than ${VALUES_MAX} values`);
    const character = this.#source[at]!;
    switch (character) {
      case '{':
        return this.#nested(() => this.#object(at));
      case '[':
        return this.#nested(() => this.#array(at));
      case '"':
        return { kind: 'string', at, value: this.#string() };
      case 't':
        return this.#word('true', { kind: 'boolean', at, value: true });
      case 'f':
        return this.#word('false', { kind: 'boolean', at, value: false });
      case 'n':
        return this.#word('null', { kind: 'null', at });
      default:
        return this.#number(at);
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH_MAX) throw this.#error('the values are nested too deeply');
    const value = read();
    this.#depth--;
    return value;
  }

  #object(at: number): JsonObject {
    const members = new Map<string, JsonNode>();
    this.#at++;
    if (this.#takes('}')) return { kind: 'object', at, members };
    do {
      this.#skip(WHITE_SPACE);
      if (this.#source[this.#at] !== '"') throw this.#error('the name of a property is needed here');
      const nameAt = this.#at;
      const name = this.#string();
      if (members.has(name)) throw errorAt(this.#source, nameAt, 'SYNTAX', `there is a second property \`${name}\``);
      if (!this.#takes(':')) throw this.#error('a colon is needed here');
      members.set(name, this.#value());
    } while (this.#takes(','));
    if (!this.#takes('}')) throw this.#error('a comma or the end of the object is needed here');
    return { kind: 'object', at, members };
  }

  #array(at: number): JsonArray {
    const items: JsonNode[] = [];
    this.#at++;
    if (this.#takes(']')) return { kind: 'array', at, items };
    do items.push(this.#value());
    while (this.#takes(','));
    if (!this.#takes(']')) throw this.#error('a comma or the end of the array is needed here');
    return { kind: 'array', at, items };
  }

  #string(): string {
    this.#at++;
    let value = '';
    for (;;) {
      value += this.#skip(PLAIN);
      const character = this.#at < this.#end ? this.#source[this.#at] : undefined;
      if (character === '"') {
        this.#at++;
        return value;
      }
      if (character !== '\\') throw this.#error('the string does not end');
      value += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#source[this.#at + 1] ?? '';
    if (letter === 'u') {
      const digits = this.#source.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error('four hexadecimal digits are needed here');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (character === undefined) throw this.#error('this is no escape sequence');
    this.#at += 2;
    return character;
  }

  #number(at: number): JsonNode {
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(this.#source);
    if (match === null || at + match[0].length > this.#end) throw this.#error('this is not a value');
    const [text, fraction, exponent] = match;
    if (text.length > NUMBER_CHARACTERS_MAX) throw this.#error('the number is too long');
    this.#at += text.length;
    if (fraction === undefined && exponent === undefined) return { kind: 'integer', at, value: BigInt(text) };
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.#error('the number is too large');
    return { kind: 'real', at, value };
  }

  #word(word: string, node: JsonNode): JsonNode {
    if (!this.#source.startsWith(word, this.#at)) throw this.#error('this is not a value');
    this.#at += word.length;
    return node;
  }

  #takes(character: string): boolean {
    this.#skip(WHITE_SPACE);
    if (this.#at >= this.#end || this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(what: RegExp): string {
    what.lastIndex = this.#at;
    const [text] = what.exec(this.#source)!;
    const taken = this.#at + text.length > this.#end ? text.slice(0, this.#end - this.#at) : text;
    this.#at += taken.length;
    return taken;
  }

  #error(message: string): MetadataError {
    return errorAt(this.#source, this.#at, 'SYNTAX', message);
  }
}

/** An error with line and column of a place in metadata text. */
export function errorAt(source: string, at: number, code: MetadataError['code'], message: string): MetadataError {
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  return new MetadataError(code, message, { line, column: at - (before.lastIndexOf('\n') + 1) + 1 });
}

/** How one gets from `root` to `node`, as in JavaScript: `.options[1].name`; undefined if it is not in there. */
export function jsonPath(root: JsonNode, node: JsonNode): string | undefined {
  if (root === node) return '';
  if (root.kind !== 'object' && root.kind !== 'array') return undefined;
  const inner =
    root.kind === 'array'
      ? root.items.map((item, index) => [`[${index}]`, item] as const)
      : [...root.members].map(([name, value]) => [`.${name}`, value] as const);
  // A value starts behind its parent and before the next sibling, so only the last value that starts before `node` can
  // contain it.
  const [step, value] = inner.findLast(([, { at }]) => at <= node.at) ?? [];
  const rest = value && jsonPath(value, node);
  return rest === undefined ? undefined : step + rest;
}
