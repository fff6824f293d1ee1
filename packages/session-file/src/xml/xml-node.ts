import { describeError } from '@ringtail/base';
import { printable } from '@ringtail/protocol';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SessionFileError } from '../session-file-error.ts';
import { ATTRIBUTE_PREFIX } from './xml-element.ts';

/** Largest size of a session file: a thousand channels with a thousand rules each stay below. */
export const SESSION_FILE_LENGTH_MAX = 64 * 1024 * 1024;
/** Length to which texts of a file are cut in messages. */
export const LABEL_LENGTH_MAX = 100;
/** Length to which messages about a file are cut, since people read them on terminals. */
export const MESSAGE_LENGTH_MAX = 1000;

/** Elements that may be repeated: their parsed form is always a list. */
const REPEATED = new Set(['session', 'domain', 'channel', 'event', 'context', 'exclusion', 'vpid', 'vuid', 'vgid']);
const REPEATED_PATHS = /(snapshot_outputs\.output|rotation_schedules\.(periodic|size_threshold))$/;

/** An element as parsed: text, or an object of children and, in a processing instruction, of attributes. */
type Parsed = string | { readonly [name: string]: unknown };

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  parseTagValue: false,
  // As in LTTng, names may begin or end with a space.
  trimValues: false,
  parseAttributeValue: false,
  // Numeric character references as well. Without a document type there are no other entities. Each reference gets
  // shorter, so their number is unlimited: a trigger as JSON has one for each of its quotation marks.
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY },
  isArray: (name, path) => REPEATED.has(name) || REPEATED_PATHS.test(path),
});

/** An element of a session file, with its place for messages. */
export class XmlNode {
  readonly #value: Parsed;
  readonly #place: string;

  private constructor(value: Parsed, place: string) {
    this.#value = value;
    this.#place = place;
  }

  /** The root element of that name. @throws {SessionFileError} */
  static parse(text: string, root: string): XmlNode {
    if (text.length > SESSION_FILE_LENGTH_MAX) throw notXml('the file is too long');
    // Without a document type there are no expanding entities, and no external files.
    if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw notXml('a session file has no document type declaration');
    const valid = XMLValidator.validate(text);
    if (valid !== true) {
      const { msg, line, col } = valid.err;
      throw notXml(`line ${line}, column ${col}: ${msg}`);
    }
    const parsed = parse(text);
    const element = Object.hasOwn(parsed, root) ? parsed[root] : undefined;
    if (element === undefined) throw new SessionFileError('BAD_SESSION_FILE', `there is no element ${root}`);
    return new XmlNode(element, root);
  }

  /** @throws {SessionFileError} if there are several. */
  child(name: string): XmlNode | undefined {
    const [child, ...more] = this.children(name);
    return more.length === 0 ? child : this.refuse(`there is more than one element ${name}`);
  }

  /** All children of that name. */
  children(name: string): XmlNode[] {
    const value = this.#member(name);
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((one) => this.#at(name, one));
  }

  /** @throws {SessionFileError} if it is absent. */
  requiredChild(name: string): XmlNode {
    return this.child(name) ?? this.refuse(`lacks the element ${name}`);
  }

  /** The only child, with its name. @throws {SessionFileError} */
  variant(): readonly [name: string, node: XmlNode] {
    const names =
      typeof this.#value === 'object' ? Object.keys(this.#value).filter((name) => /^[^#?@]/.test(name)) : [];
    const [name, ...more] = names;
    if (name === undefined) return this.refuse('is empty');
    if (more.length > 0)
      return this.refuse(`has more than one element: ${names.join(', ').slice(0, LABEL_LENGTH_MAX)}`);
    return [name, this.child(name) as XmlNode];
  }

  /**
   * The result of `check`.
   *
   * @param what the part of the node that is checked
   * @throws {SessionFileError} for every error of `check`
   */
  checked<T>(check: () => T, what?: string): T {
    try {
      return check();
    } catch (error) {
      if (error instanceof SessionFileError) throw error;
      return this.refuse(`${what === undefined ? '' : `${what}: `}${describeError(error)}`);
    }
  }

  /** Text of the child; undefined if there is none. @throws {SessionFileError} if it has elements. */
  text(name: string): string | undefined {
    const child = this.child(name);
    if (child === undefined) return undefined;
    const value = child.#value;
    return typeof value === 'string' ? value : child.refuse('must be text');
  }

  /** The same without white space around it, for numbers and keywords. */
  word(name: string): string | undefined {
    return this.text(name)?.trim();
  }

  /** Texts of all children of that name. */
  texts(name: string): string[] {
    return this.children(name).map((child) =>
      typeof child.#value === 'string' ? child.#value : child.refuse('must be text'),
    );
  }

  /** @throws {SessionFileError} if it is absent. */
  requiredText(name: string): string {
    return this.text(name) ?? this.refuse(`lacks the element ${name}`);
  }

  /** @throws {SessionFileError} if it is absent. */
  requiredInteger(name: string): number {
    this.requiredText(name);
    return this.integer(name, 0);
  }

  integer(name: string, fallback: number, min = 0): number {
    const text = this.word(name);
    if (text === undefined) return fallback;
    const value = /^-?[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min) return value;
    return this.refuse(`${name} must be an integer from ${min}, not "${text.slice(0, LABEL_LENGTH_MAX)}"`);
  }

  boolean(name: string, fallback: boolean): boolean {
    const text = this.word(name);
    if (text === undefined) return fallback;
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    return this.refuse(`${name} must be true or false`);
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback?: Choice): Choice {
    const text = this.word(name) ?? fallback;
    const found = choices.find((choice) => choice === text);
    return found ?? this.refuse(`${name} must be one of ${choices.join(', ')}`);
  }

  /** An attribute of a processing instruction that is a child of this. */
  attribute(instruction: string, name: string): string | undefined {
    const child = this.child(instruction);
    return child === undefined ? undefined : child.#attribute(name);
  }

  /** An attribute of every processing instruction of that name, of those that have it. */
  attributes(instruction: string, name: string): string[] {
    return this.children(instruction).flatMap((child) => child.#attribute(name) ?? []);
  }

  /** The same element, with a label for messages. */
  labelled(label: string): XmlNode {
    return new XmlNode(this.#value, `${this.#place} "${label.slice(0, LABEL_LENGTH_MAX)}"`);
  }

  refuse(why: string): never {
    throw new SessionFileError('BAD_SESSION_FILE', printable(`${this.#place}: ${why}`, MESSAGE_LENGTH_MAX));
  }

  #attribute(name: string): string | undefined {
    const value = typeof this.#value === 'object' ? this.#value[`${ATTRIBUTE_PREFIX}${name}`] : undefined;
    return typeof value === 'string' ? value : undefined;
  }

  #member(name: string): unknown {
    return typeof this.#value === 'object' && Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
  }

  #at(name: string, value: unknown): XmlNode {
    return new XmlNode(value as Parsed, `${this.#place} › ${name}`);
  }
}

/** @throws {SessionFileError} for well-formed XML that is nested too deeply */
function parse(text: string): Record<string, Parsed> {
  try {
    return parser.parse(text) as Record<string, Parsed>;
  } catch (error) {
    throw notXml(describeError(error));
  }
}

/** The parser's message contains words of the file, so it is made printable. */
function notXml(why: string): SessionFileError {
  return new SessionFileError('NOT_XML', printable(why, MESSAGE_LENGTH_MAX));
}
