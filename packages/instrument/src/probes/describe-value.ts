import { types } from 'node:util';
import { isSecretName } from '../secret-names.ts';

const TEXT_LENGTH_MAX = 256;
const ENTRIES_MAX = 16;
const { getOwnPropertyDescriptor, ownKeys } = Reflect;

/** How much of a value is recorded. */
export interface Limits {
  /** Levels of objects and lists in it. */
  readonly depth: number;
  /** Characters of the whole. */
  readonly length: number;
}

export const USUAL_LIMITS: Limits = { depth: 3, length: 1024 };

/** Stands for a value that could not be read. */
export class Unreadable {
  readonly reason: string;

  constructor(error: unknown) {
    this.reason = errorName(error);
  }
}

/**
 * A value as text. Runs no code of the program: no getter, no proxy, no `toString`. Long texts, long lists and deep
 * objects are cut, with an ellipsis. Values of members such as `password` are left out.
 */
export function describeValue(value: unknown, { depth, length }: Limits = USUAL_LIMITS): string {
  return cut(typeof value === 'string' ? value : textOf(value, depth), Math.min(length, lengthMaxOf(value)));
}

/** The variables of a function by name: all of them, each within the limits. */
export function describeVariables(variables: object, { depth, length }: Limits = USUAL_LIMITS): string {
  return cut(entriesText(variables, depth + 1, Number.POSITIVE_INFINITY), length);
}

/** A text has its own limit: it is often long. */
function lengthMaxOf(value: unknown): number {
  return typeof value === 'string' ? TEXT_LENGTH_MAX : Number.POSITIVE_INFINITY;
}

/** @param depth levels that are left */
function textOf(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(cut(value, TEXT_LENGTH_MAX));
    case 'bigint':
      return bigintText(value);
    case 'symbol':
      return '<symbol>';
    case 'function':
      return '<function>';
    case 'object':
      return value === null ? 'null' : objectText(value, depth);
    default:
      return String(value);
  }
}

/** Long numbers take long to print. */
function bigintText(value: bigint): string {
  return value === BigInt.asIntN(256, value) ? String(value) : '<bigint>';
}

function objectText(value: object, depth: number): string {
  if (value instanceof Unreadable) return `<${value.reason}>`;
  if (types.isProxy(value)) return '<proxy>';
  if (depth <= 0) return Array.isArray(value) ? '[…]' : '{…}';
  if (types.isNativeError(value)) return `<${errorName(value)}>`;
  if (types.isPromise(value)) return '<promise>';
  if (types.isMap(value)) return '<map>';
  if (types.isSet(value)) return '<set>';
  if (types.isDate(value)) return '<date>';
  if (ArrayBuffer.isView(value)) return '<bytes>';
  if (Array.isArray(value)) {
    const entries = Array.from({ length: Math.min(value.length, ENTRIES_MAX) }, (_, index) =>
      propertyText(value, String(index), depth),
    );
    return `[${entries.join(', ')}${value.length > ENTRIES_MAX ? ', …' : ''}]`;
  }
  return entriesText(value, depth, ENTRIES_MAX);
}

function entriesText(value: object, depth: number, entriesMax: number): string {
  const keys = ownKeys(value).filter((key) => typeof key === 'string');
  const entries = keys.slice(0, entriesMax).map((key) => `${cut(key, 64)}: ${propertyText(value, key, depth)}`);
  if (keys.length > entriesMax) entries.push('…');
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function propertyText(holder: object, key: string, depth: number): string {
  if (isSecretName(key)) return '<left out>';
  const property = getOwnPropertyDescriptor(holder, key);
  if (property === undefined) return '<empty>';
  return 'value' in property ? textOf(property.value, depth - 1) : '<getter>';
}

function errorName(error: unknown): string {
  if (!types.isNativeError(error)) return 'thrown value';
  const message = getOwnPropertyDescriptor(error, 'message')?.value;
  return typeof message === 'string' ? cut(message, TEXT_LENGTH_MAX) : 'error';
}

function cut(text: string, lengthMax: number): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
}
