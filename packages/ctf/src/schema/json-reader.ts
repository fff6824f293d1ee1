import { SpecError } from './spec-error.ts';

/** A JSON object of unknown origin. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function readObject(value: unknown, at: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SpecError('BAD_SPEC', at, 'expected an object');
  }
  return value as JsonObject;
}

/** @param lengthMax checked before any element of the array is read */
export function readArray(value: unknown, at: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new SpecError('BAD_SPEC', at, 'expected an array');
  if (value.length > lengthMax) throw new SpecError('TOO_LARGE', at, `more than ${lengthMax} elements`);
  return value;
}

export function readBoolean(value: unknown, at: string): boolean {
  if (typeof value !== 'boolean') throw new SpecError('BAD_SPEC', at, 'expected true or false');
  return value;
}

/** A whole number between `lower` and `upper`, both included. */
export function readInteger(value: unknown, at: string, lower: number, upper: number): number {
  if (!Number.isInteger(value)) throw new SpecError('BAD_SPEC', at, 'expected a whole number');
  const number = value as number;
  if (number < lower || number > upper) {
    throw new SpecError('TOO_LARGE', at, `expected a number from ${lower} to ${upper}`);
  }
  return number;
}

export function readOneOf<T extends number>(value: unknown, at: string, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw new SpecError('BAD_SPEC', at, `expected one of ${allowed.join(', ')}`);
  return value as T;
}

/**
 * Text that can be quoted in metadata: not empty, well-formed, no control characters, at most `bytesMax` bytes of
 * UTF-8.
 */
export function readPrintable(value: unknown, at: string, bytesMax: number): string {
  if (typeof value !== 'string') throw new SpecError('BAD_SPEC', at, 'expected text');
  if (value.length === 0) throw new SpecError('BAD_NAME', at, 'empty');
  if (value.length > bytesMax || utf8BytesOf(value) > bytesMax) {
    throw new SpecError('TOO_LARGE', at, `more than ${bytesMax} bytes`);
  }
  if (NOT_PRINTABLE.test(value)) throw new SpecError('BAD_NAME', at, 'not printable');
  return value;
}

/** Counted here: not every realm has a TextEncoder. */
function utf8BytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/**
 * Control characters, line and paragraph separators, surrogates without their other half, and all other characters that
 * no XML document may contain.
 */
const NOT_PRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/u;
