import type { EnumerationSpec, FieldSpec, IntegerSpec } from '../schema/field-spec.ts';
import type { ScalarSpec } from './scalar.ts';

/** Scalars with one check. `putU64` and `putI64` check integers of 64 bits, which a number or a `bigint` may hold. */
export type CheckedScalarSpec = Exclude<ScalarSpec, EnumerationSpec>;

/** Receives a value that does not fit its place in an event. Must not throw. */
export type WrongValue = (value: unknown) => void;

/**
 * Gives the receiver for a place in an event.
 *
 * @param path the field, with the way to a part of it: `id`, `where.x`, `items[].price`
 * @returns undefined if the place is not checked
 */
export type WrongValues = (path: string, spec: FieldSpec) => WrongValue | undefined;

/**
 * Expression: whether a value does not fit a scalar, so that the record has another value, or cannot be made.
 *
 * A value fits if its type is the field's, and an integer field has room for it. Floats are rounded, and fit.
 */
export function emitIsWrong(spec: CheckedScalarSpec, value: string): string {
  if (spec.kind === 'boolean') return `typeof ${value} !== 'boolean'`;
  if (spec.kind === 'float') return `typeof ${value} !== 'number'`;
  const { bits, signed } = spec;
  // The bitwise operators throw for a `bigint` and a symbol.
  return `typeof ${value} !== 'number' || ${narrowed(bits, signed, value)} !== ${value}`;
}

function narrowed(bits: number, signed: boolean, value: string): string {
  if (bits === 32) return signed ? `(${value} | 0)` : `(${value} >>> 0)`;
  return signed ? `(${value} << ${32 - bits} >> ${32 - bits})` : `(${value} & ${2 ** bits - 1})`;
}

/** The same as `emitIsWrong`, as a function. */
export function buildIsWrong(spec: CheckedScalarSpec): (value: unknown) => boolean {
  if (spec.kind === 'boolean') return (value) => typeof value !== 'boolean';
  if (spec.kind === 'float') return (value) => typeof value !== 'number';
  const { bits, signed } = spec;
  const lower = signed ? -(2 ** (bits - 1)) : 0;
  const upper = signed ? 2 ** (bits - 1) : 2 ** bits;
  return (value) => !Number.isInteger(value) || (value as number) < lower || (value as number) >= upper;
}

/** Whether a dynamic field cannot record a value. */
export function isWrongDynamic(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol';
}

/** The name of a field's type in the tracer's programming interface. */
export function fieldTypeName(spec: FieldSpec): string {
  switch (spec.kind) {
    case 'integer':
      return integerName(spec);
    case 'float':
      return `f${spec.bits}`;
    case 'boolean':
      return 'bool';
    case 'string':
      return 'str';
    case 'enumeration':
      return `enumeration of ${integerName(spec.container)}`;
    case 'dynamic':
      return 'context';
    case 'sequence':
      return 'seq';
    case 'structure':
      return 'struct';
    case 'filter-only':
      return 'filterOnly';
    default:
      return spec.kind;
  }
}

function integerOf(spec: IntegerSpec | EnumerationSpec): IntegerSpec {
  return spec.kind === 'enumeration' ? spec.container : spec;
}

function integerName({ signed, bits }: IntegerSpec): string {
  return `${signed ? 'i' : 'u'}${bits}`;
}

/**
 * Describes a value that does not fit an event's field: its type, or how a number exceeds the field. Never the value,
 * which may be secret.
 */
export function describeWrongValue(value: unknown, spec: FieldSpec): string {
  if (value === null) return 'null';
  const isInteger = spec.kind === 'integer' || spec.kind === 'enumeration';
  if (spec.kind === 'enumeration' && typeof value === 'string') return 'an unknown label';
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'object':
      return Array.isArray(value) ? 'an array' : 'an object';
    case 'bigint':
      // Smaller integers accept none.
      if (!isInteger || integerOf(spec).bits < 64) return 'a bigint';
      return value < 0n ? 'a bigint below the range' : 'a bigint above the range';
    case 'number':
      if (!isInteger) return 'a number';
      if (Number.isNaN(value)) return 'NaN';
      if (!Number.isInteger(value) && Number.isFinite(value)) return 'a number with a fraction';
      return value < 0 ? 'a number below the range' : 'a number above the range';
    default:
      return `a ${typeof value}`;
  }
}
