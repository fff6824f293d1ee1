import type { DisplayBase, FieldSpec, IntegerSpec } from '@ringtail/ctf';

/** Captured at load: programs may replace it. */
const { keys } = Object;

/** The type of an event's field: its encoding and, for the compiler, its values. */
export interface FieldType<T> {
  readonly spec: FieldSpec;
  /** Never set: exists only for the compiler. */
  readonly __value?: T;
}

/** The values that a field type accepts. */
export type ValueOf<F> = F extends FieldType<infer T> ? T : never;

/** An integer field type, which can be shown in another base. */
export interface IntegerType<T> extends FieldType<T> {
  readonly spec: IntegerSpec;
}

/** A value of 64 bits: a `bigint`, or a number, exact while it is a safe integer. */
export type Integer64 = bigint | number;

function integer<T>(signed: boolean, bits: 8 | 16 | 32 | 64): IntegerType<T> {
  return { spec: { kind: 'integer', signed, bits, base: 10 } };
}

export const u8 = integer<number>(false, 8);
export const u16 = integer<number>(false, 16);
export const u32 = integer<number>(false, 32);
export const u64 = integer<Integer64>(false, 64);
export const i8 = integer<number>(true, 8);
export const i16 = integer<number>(true, 16);
export const i32 = integer<number>(true, 32);
export const i64 = integer<Integer64>(true, 64);

/** The same integer, shown in base 16. */
export const hex = <T>(type: IntegerType<T>): IntegerType<T> => inBase(type, 16);
/** The same integer, shown in base 8. */
export const oct = <T>(type: IntegerType<T>): IntegerType<T> => inBase(type, 8);
/** The same integer, shown in base 2. */
export const bin = <T>(type: IntegerType<T>): IntegerType<T> => inBase(type, 2);

function inBase<T>(type: IntegerType<T>, base: DisplayBase): IntegerType<T> {
  return { spec: { ...type.spec, base } };
}

export const f32: FieldType<number> = { spec: { kind: 'float', bits: 32 } };
export const f64: FieldType<number> = { spec: { kind: 'float', bits: 64 } };
export const bool: FieldType<boolean> = { spec: { kind: 'boolean' } };

/** Null-terminated UTF-8, the cheapest text. Ends at the value's first U+0000. */
export const str: FieldType<string> = { spec: { kind: 'string' } };
/** UTF-8 behind its length in bytes: keeps U+0000. */
export const text: FieldType<string> = { spec: { kind: 'text' } };
/** Opaque bytes behind their length. */
export const bytes: FieldType<ArrayBufferView | ArrayBufferLike | readonly number[]> = { spec: { kind: 'bytes' } };

/** A value, or a range of values, both ends included. */
export type EnumeratorRange = Integer64 | readonly [lower: Integer64, upper: Integer64];

/**
 * Labels for ranges of an integer. Accepts an integer or a label, which is written as the lower end of its range.
 *
 * @example enumeration(u8, { placed: 0, paid: 1, refunded: [2, 3] })
 */
export function enumeration<const M extends Readonly<Record<string, EnumeratorRange>>>(
  container: IntegerType<unknown>,
  mappings: M,
): FieldType<(keyof M & string) | Integer64> {
  const ranges = mapEntries(mappings, (label, range) => {
    const bounds = typeof range === 'object' ? range : ([range, range] as const);
    return [label, `${bounds[0]}`, `${bounds[1]}`] as const;
  });
  return { spec: { kind: 'enumeration', container: container.spec, ranges } };
}

/** Exactly `length` elements: a shorter value is filled with zeros, a longer one is cut. */
export function array<T>(element: FieldType<T>, length: number): FieldType<ListOf<T>> {
  return { spec: { kind: 'array', element: element.spec, length } };
}

/** Any number of elements behind their count. A typed array of the same element type is taken whole. */
export function seq<T>(element: FieldType<T>): FieldType<ListOf<T>> {
  return { spec: { kind: 'sequence', element: element.spec } };
}

/** The values of arrays and sequences: arrays, typed arrays, iterables. */
export type ListOf<T> = ArrayLike<T> | Iterable<T>;

/** Named members, nested in the event. Accepts an object; each member is read once. */
export function struct<const F extends Readonly<Record<string, FieldType<unknown>>>>(
  members: F,
): FieldType<{ readonly [K in keyof F]: ValueOf<F[K]> }> {
  return { spec: { kind: 'structure', members: namedSpecs(members) } };
}

/** A field that is left out for `null` and `undefined`. */
export function optional<T>(content: FieldType<T>): FieldType<T | null | undefined> {
  return { spec: { kind: 'optional', content: content.spec } };
}

/** An argument for filters, not written into the trace. */
export function filterOnly<T>(content: FieldType<T>): FieldType<T> {
  return { spec: { kind: 'filter-only', content: content.spec } };
}

/** Field specifications from named field types, in the order of the object's keys. */
export function namedSpecs(fields: Readonly<Record<string, FieldType<unknown>>>): { name: string; spec: FieldSpec }[] {
  return mapEntries(fields, (name, type) => ({ name, spec: type?.spec }));
}

/** `Object.entries(of).map(…)` without functions that a program may have replaced. */
function mapEntries<T, R>(of: Readonly<Record<string, T>>, entry: (key: string, value: T) => R): R[] {
  const names = keys(of);
  const results: R[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    results[i] = entry(name, of[name] as T);
  }
  return results;
}
