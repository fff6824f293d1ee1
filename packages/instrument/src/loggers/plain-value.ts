import { inspect, types } from 'node:util';
import { isSecretName } from '../secret-names.ts';

/** Characters of the message of a record. */
export const MESSAGE_LENGTH_MAX = 16_384;
const DEPTH_MAX = 6;
const MEMBERS_MAX = 64;
/** Values in one copy. */
const VALUES_MAX = 512;
const TEXT_LENGTH_MAX = 4096;
/** Characters of all texts and names in one copy. */
const LENGTH_MAX = 12_288;

const { getOwnPropertyDescriptor, getPrototypeOf, keys, defineProperty } = Object;
const { isArray } = Array;
const { stringify } = JSON;
const { toISOString } = Date.prototype;
const { apply } = Reflect;
/** V8's own getter of the stack of an error, where it has one. */
const stackGetter = getOwnPropertyDescriptor(new Error(), 'stack')?.get;

/**
 * A copy of a value that JSON can express: bounded, without secrets, and made without any code of the program. Getters,
 * proxies and `toJSON` are left alone.
 */
export function plainCopy(value: unknown): unknown {
  return new Copier().copy(value, 0);
}

/** The copies of structured values as JSON: one as it is, several as a list; empty if there are none. */
export function jsonOf(values: readonly unknown[]): string {
  if (values.length === 0) return '';
  return stringify(values.length === 1 ? values[0] : values) ?? '';
}

/** A copy as the console of Node.js would print it, on one line. */
export function copyText(copy: unknown): string {
  return typeof copy === 'string' ? copy : inspect(copy, { depth: DEPTH_MAX, breakLength: Number.POSITIVE_INFINITY });
}

export function isStructured(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function cut(text: string, lengthMax = TEXT_LENGTH_MAX): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
}

/** The stack of an error, or its name and message; undefined for other values. */
export function errorText(value: unknown): string | undefined {
  if (!types.isNativeError(value)) return undefined;
  const stack = stackOf(value);
  if (stack !== undefined) return cut(stack);
  return `${String(dataOf(value, 'name'))}: ${String(dataOf(value, 'message'))}`;
}

class Copier {
  readonly #open = new Set<object>();
  #valuesLeft = VALUES_MAX;
  #lengthLeft = LENGTH_MAX;

  copy(value: unknown, depth: number): unknown {
    if (this.#valuesLeft-- <= 0) return '…';
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'bigint':
      case 'symbol':
        return this.#text(String(value));
      case 'function':
        return '[Function]';
      case 'object':
        return value === null ? null : this.#object(value, depth);
      default:
        return value;
    }
  }

  #text(text: string): string {
    const taken = cut(text, Math.min(TEXT_LENGTH_MAX, this.#lengthLeft));
    this.#lengthLeft = Math.max(0, this.#lengthLeft - taken.length);
    return taken;
  }

  #object(value: object, depth: number): unknown {
    if (types.isProxy(value)) return '[Proxy]';
    if (types.isDate(value)) return dateText(value);
    if (types.isRegExp(value)) return '[RegExp]';
    if (types.isAnyArrayBuffer(value) || types.isArrayBufferView(value)) return '[bytes]';
    if (types.isMap(value)) return '[Map]';
    if (types.isSet(value)) return '[Set]';
    if (types.isPromise(value)) return '[Promise]';
    if (this.#open.has(value)) return '[Circular]';
    if (depth >= DEPTH_MAX) return isArray(value) ? '[Array]' : '[Object]';
    this.#open.add(value);
    const copy = isArray(value) ? this.#list(value, depth) : this.#members(value, depth);
    this.#open.delete(value);
    return copy;
  }

  #list(list: readonly unknown[], depth: number): unknown[] {
    const copy: unknown[] = [];
    for (let i = 0; i < list.length && i < MEMBERS_MAX; i++) copy.push(this.copy(dataOf(list, String(i)), depth + 1));
    if (list.length > MEMBERS_MAX) copy.push(`… ${list.length - MEMBERS_MAX} more`);
    return copy;
  }

  #members(value: object, depth: number): object {
    const copy = {};
    if (types.isNativeError(value)) {
      for (const name of ['name', 'message'] as const) set(copy, name, this.copy(dataOf(value, name), depth + 1));
      set(copy, 'stack', this.copy(stackOf(value), depth + 1));
    }
    const names = keys(value);
    for (const name of names.slice(0, MEMBERS_MAX)) {
      const property = getOwnPropertyDescriptor(value, name);
      if (property === undefined || !('value' in property) || isSecretName(name)) continue;
      set(copy, this.#text(name), this.copy(property.value, depth + 1));
    }
    if (names.length > MEMBERS_MAX) set(copy, '…', `${names.length - MEMBERS_MAX} more`);
    return copy;
  }
}

/** Also for the name `__proto__`. */
function set(copy: object, name: string, value: unknown): void {
  defineProperty(copy, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The value of a property that is no getter, also an inherited one. */
function dataOf(object: object, name: string): unknown {
  for (let holder: object | null = object; holder !== null && !types.isProxy(holder); holder = getPrototypeOf(holder)) {
    const property = getOwnPropertyDescriptor(holder, name);
    if (property !== undefined) return property.value;
  }
  return undefined;
}

function stackOf(error: Error): string | undefined {
  const property = getOwnPropertyDescriptor(error, 'stack');
  const isNative = property?.get !== undefined && property.get === stackGetter;
  const stack: unknown = isNative ? error.stack : property?.value;
  return typeof stack === 'string' ? stack : undefined;
}

function dateText(date: Date): string {
  try {
    return apply(toISOString, date, []);
  } catch {
    return 'Invalid Date';
  }
}
