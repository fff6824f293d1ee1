import { describeError } from '@ringtail/base';
import { printable } from '@ringtail/protocol';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SessionFileError } from '../session-file-error.ts';
import { ATTRIBUTE_PREFIX } from './xml-element.ts';

/** More is no session file: a thousand channels of a thousand rules each stay below. */
export const SESSION_FILE_LENGTH_MAX = 64 * 1024 * 1024;
/** What is said of a file names so much of its texts. */
export const LABEL_LENGTH_MAX = 100;
/** What is said of a file is read by people, on terminals. */
export const MESSAGE_LENGTH_MAX = 1000;

/** Elements of which there may be any number, whose parsed form is to be a list even of one. */
const REPEATED = new Set(['session', 'domain', 'channel', 'event', 'context', 'exclusion', 'vpid', 'vuid', 'vgid']);
const REPEATED_PATHS = /(snapshot_outputs\.output|rotation_schedules\.(periodic|size_threshold))$/;

/** An element as parsed: text, or an object of children and, in a processing instruction, of attributes. */
type Parsed = string | { readonly [name: string]: unknown };

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  parseTagValue: false,
  // A name may begin or end with a space, and LTTng reads it with that.
  trimValues: false,
  parseAttributeValue: false,
  // Numeric character references too; there are no other entities, since there is no document type. Each of them becomes
  // shorter, so a file may have as many as it likes: a trigger that is kept as JSON has one for each of its quotation marks.
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY },
  isArray: (name, path) => REPEATED.has(name) || REPEATED_PATHS.test(path),
});

/** An element of a session file, read with the place where it is in mind. */
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
    // Without a document type there are no entities that expand, and nothing outside of the file.
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

  /** The only child, whose name says what it is. @throws {SessionFileError} */
  variant(): readonly [name: string, node: XmlNode] {
    const names =
      typeof this.#value === 'object' ? Object.keys(this.#value).filter((name) => /^[^#?@]/.test(name)) : [];
    const [name, ...more] = names;
    if (name === undefined) return this.refuse('is empty');
    if (more.length > 0)
      return this.refuse(`has more than one element: ${names.join(', ').slice(0, LABEL_LENGTH_MAX)}`);
    return [name, this.child(name) as XmlNode];
  }

  /** What `check` makes of it. @param what of the node is checked, where that is not all @throws {SessionFileError} for whatever it throws */
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

  /** The same of a number or one of several words, around which white space means nothing. */
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

  /** The same element, called by a name that a person knows it by. */
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

/** @throws {SessionFileError} for what is well-formed and yet too much: elements in each other without an end. */
function parse(text: string): Record<string, Parsed> {
  try {
    return parser.parse(text) as Record<string, Parsed>;
  } catch (error) {
    throw notXml(describeError(error));
  }
}

/** What the parser says has words of the file in it. */
function notXml(why: string): SessionFileError {
  return new SessionFileError('NOT_XML', printable(why, MESSAGE_LENGTH_MAX));
}
