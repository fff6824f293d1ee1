/**
 * Reads messages of unknown shape: every function answers a checked value or throws, naming the member that is wrong.
 */
import { RingtailError } from '@ringtail/base';

export type ShapeErrorCode = 'BAD_MESSAGE' | 'PROTOCOL_VERSION';

/** A message is not what the protocol says it is. */
export class ShapeError extends RingtailError<ShapeErrorCode> {
  override readonly name = 'ShapeError';
}

/** A JSON object whose members nobody has looked at. */
export type JsonObject = { readonly [key: string]: unknown };

export function refuseShape(message: string): never {
  throw new ShapeError('BAD_MESSAGE', message);
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  return refuseShape(`${what} must be an object`);
}

export function arrayIn(json: JsonObject, name: string, lengthMax: number): readonly unknown[] {
  const value = json[name];
  if (Array.isArray(value) && value.length <= lengthMax) return value;
  return refuseShape(`${name} must be an array of at most ${lengthMax} elements`);
}

export function integerIn(json: JsonObject, name: string, min: number, max: number): number {
  const value = json[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  return refuseShape(`${name} must be an integer from ${min} to ${max}`);
}

export function booleanIn(json: JsonObject, name: string): boolean {
  const value = json[name];
  return typeof value === 'boolean' ? value : refuseShape(`${name} must be true or false`);
}

export function oneOfIn<const Choice extends string>(
  json: JsonObject,
  name: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === json[name]);
  return found ?? refuseShape(`${name} must be one of ${choices.join(', ')}`);
}

// Control characters and line separators, halves of surrogate pairs (two texts that differ in those would be one file name), and the
// noncharacters that no XML document may hold, thus no saved session either.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/u;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE, 'gu');

/** Text of 1 to `bytesMax` bytes of UTF-8, without what is in `UNPRINTABLE`. */
export function plainTextIn(json: JsonObject, name: string, bytesMax: number): string {
  const value = json[name];
  if (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= bytesMax &&
    Buffer.byteLength(value) <= bytesMax &&
    !UNPRINTABLE.test(value)
  ) {
    return value;
  }
  return refuseShape(
    `${name} must be a text of 1 to ${bytesMax} bytes without control characters, line separators, U+FFFE and U+FFFF`,
  );
}

/** Text that may hold anything, cut to `lengthMax` characters and made safe for logs and terminals. */
export function foreignTextIn(json: JsonObject, name: string, lengthMax: number): string {
  const value = json[name];
  if (typeof value !== 'string') return refuseShape(`${name} must be a text`);
  return printable(value, lengthMax);
}

/** The same with lines: newlines stay. */
export function foreignLinesIn(json: JsonObject, name: string, lengthMax: number): string {
  const value = json[name];
  if (typeof value !== 'string') return foreignTextIn(json, name, lengthMax);
  return value
    .slice(0, lengthMax)
    .split('\n')
    .map((line) => printable(line, lengthMax))
    .join('\n');
}

/** The text with every character of `UNPRINTABLE` replaced, at most `lengthMax` characters of it. */
export function printable(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).replace(UNPRINTABLE_ALL, '?');
}
