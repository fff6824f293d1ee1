import type { Attributed, Attributes, AttributeValue } from '../model/attributes.ts';
import type { Identity } from '../model/trace-class.ts';
import { errorAt, type JsonArray, type JsonNode, type JsonObject, jsonPath } from './ctf2-json.ts';
import type { MetadataCode, MetadataError } from './parse-error.ts';

/** A fragment of the metadata: one JSON text of the sequence. */
export interface Fragment {
  /** From 0. */
  readonly index: number;
  readonly root: JsonNode;
}

/** Properties that make up an identity. */
export const IDENTITY = ['namespace', 'name', 'uid'];

/** Properties that nearly every object may have. */
const COMMON = ['attributes', 'extensions'];

const INTEGER_LEAST = -(1n << 63n);
const INTEGER_MOST = (1n << 64n) - 1n;

/** Reads values of metadata with the types that they have to have. An error contains the place of a wrong value. */
export class Ctf2Reader {
  readonly #source: string;
  fragment: Fragment = { index: 0, root: { kind: 'null', at: 0 } };

  constructor(source: string) {
    this.#source = source;
  }

  /** An error at `node`, which lies in the current fragment unless another is given. */
  error(
    message: string,
    node: JsonNode,
    code: MetadataCode = 'SEMANTICS',
    fragment: Fragment = this.fragment,
  ): MetadataError {
    const { index, root } = fragment;
    const path = jsonPath(root, node);
    const error = errorAt(this.#source, node.at, code, message);
    return (path ? error.within(path) : error).within(`fragment ${index}`);
  }

  unsupported(message: string, node: JsonNode): MetadataError {
    return this.error(message, node, 'UNSUPPORTED');
  }

  /**
   * An object with no other properties than these and the common ones.
   *
   * Extensions may change the meaning of anything, so there must be none.
   */
  object(node: JsonNode, allowed: readonly string[]): JsonObject {
    const object = this.bareObject(node, [...allowed, ...COMMON]);
    const extensions = object.members.get('extensions');
    if (extensions !== undefined) this.noExtensions(extensions);
    return object;
  }

  /** An object with no other properties than these. */
  bareObject(node: JsonNode, allowed: readonly string[]): JsonObject {
    const object = this.plainObject(node);
    for (const [name, value] of object.members) {
      if (!allowed.includes(name)) throw this.error(`there is no property \`${name}\` here`, value);
    }
    return object;
  }

  plainObject(node: JsonNode): JsonObject {
    if (node.kind !== 'object') throw this.error('an object is needed here', node);
    return node;
  }

  noExtensions(node: JsonNode): void {
    for (const [namespace, names] of this.plainObject(node).members) {
      const [name] = this.plainObject(names).members.keys();
      if (name !== undefined) {
        throw this.unsupported(`the extension \`${name}\` of \`${namespace}\` is not known here`, names);
      }
    }
  }

  required(object: JsonObject, name: string): JsonNode {
    const value = object.members.get(name);
    if (value === undefined) throw this.error(`the property \`${name}\` is missing`, object);
    return value;
  }

  array(node: JsonNode): JsonArray {
    if (node.kind !== 'array') throw this.error('an array is needed here', node);
    return node;
  }

  string(node: JsonNode): string {
    if (node.kind !== 'string') throw this.error('a string is needed here', node);
    return node.value;
  }

  optionalString(object: JsonObject, name: string): string | undefined {
    const value = object.members.get(name);
    return value && this.string(value);
  }

  /** A word of a list. */
  word<Word extends string>(node: JsonNode, words: readonly Word[]): Word {
    const text = this.string(node);
    const word = words.find((w) => w === text);
    if (word === undefined) throw this.error(`\`${text}\` is none of ${words.join(', ')}`, node);
    return word;
  }

  /** Of 64 bits, with or without a sign. */
  integer(node: JsonNode): bigint {
    if (node.kind !== 'integer') throw this.error('a whole number is needed here', node);
    if (node.value < INTEGER_LEAST || node.value > INTEGER_MOST) {
      throw this.unsupported(`${node.value} exceeds 64 bits`, node);
    }
    return node.value;
  }

  unsigned(node: JsonNode): bigint {
    const value = this.integer(node);
    if (value < 0n) throw this.error(`${value} is negative`, node);
    return value;
  }

  optionalUnsigned(object: JsonObject, name: string): bigint | undefined {
    const value = object.members.get(name);
    return value && this.unsigned(value);
  }

  /** An unsigned integer that fits into a number. */
  count(node: JsonNode): number {
    const value = this.unsigned(node);
    if (value > 0xffff_ffffn) throw this.unsupported(`${value} is too large`, node);
    return Number(value);
  }

  identity(object: JsonObject): Identity {
    const entries = IDENTITY.map((key) => [key, this.optionalString(object, key)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }

  /** The attributes as a part of the model; nothing if there are none. */
  attributed(object: JsonObject): Attributed {
    const attributes = this.attributes(object);
    return attributes === undefined ? {} : { attributes };
  }

  /** @returns undefined if there is none, or none in it */
  attributes(object: JsonObject): Attributes | undefined {
    const node = object.members.get('attributes');
    if (node === undefined) return undefined;
    const { members } = this.plainObject(node);
    return members.size === 0 ? undefined : (plainValue(node) as Attributes);
  }
}

function plainValue(node: JsonNode): AttributeValue {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries([...node.members].map(([name, value]) => [name, plainValue(value)]));
    case 'array':
      return node.items.map(plainValue);
    case 'null':
      return null;
    default:
      return node.value;
  }
}
