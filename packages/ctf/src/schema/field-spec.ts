import type { DisplayBase } from '../model/field-class.ts';

/**
 * Field specifications: an instrumented program describes the fields of its events with them.
 *
 * They are plain JSON, because they travel from the application to the daemons. `lower.ts` turns them into field
 * classes of the trace model, `encode/` into code that writes values. Both visit a specification in the same order, so
 * that the encoder's output matches the metadata.
 */

export interface IntegerSpec {
  readonly kind: 'integer';
  readonly signed: boolean;
  readonly bits: 8 | 16 | 32 | 64;
  readonly base: DisplayBase;
}
export interface FloatSpec {
  readonly kind: 'float';
  readonly bits: 32 | 64;
}
/** One byte, 0 or 1. */
export interface BooleanSpec {
  readonly kind: 'boolean';
}
/** Null-terminated UTF-8. A value ends at its first U+0000, as it would in C. */
export interface StringSpec {
  readonly kind: 'string';
}
/** UTF-8 behind a 32-bit length in bytes. */
export interface TextSpec {
  readonly kind: 'text';
}
/** Label and range, both ends included. Decimal text, since JSON numbers end at 2^53. */
export type EnumerationRangeSpec = readonly [label: string, lower: string, upper: string];
export interface EnumerationSpec {
  readonly kind: 'enumeration';
  readonly container: IntegerSpec;
  readonly ranges: readonly EnumerationRangeSpec[];
}
/** Exactly `length` elements; a shorter value is filled with zeros, a longer one is cut. */
export interface ArraySpec {
  readonly kind: 'array';
  readonly element: FieldSpec;
  readonly length: number;
}
/** Elements behind a 32-bit count. */
export interface SequenceSpec {
  readonly kind: 'sequence';
  readonly element: FieldSpec;
}
export interface StructureSpec {
  readonly kind: 'structure';
  readonly members: readonly NamedFieldSpec[];
}
/** One byte, 0 or 1, then the content if 1. `null` and `undefined` are absent. */
export interface OptionalSpec {
  readonly kind: 'optional';
  readonly content: FieldSpec;
}
/** Opaque bytes behind a 32-bit length. */
export interface BytesSpec {
  readonly kind: 'bytes';
}
/**
 * A value whose type each event decides: none, a signed 64-bit integer, a double or a null-terminated string. LTTng's
 * dynamic type, as its application contexts have it.
 */
export interface DynamicSpec {
  readonly kind: 'dynamic';
}
/** An argument that filters can use and that is not written. Only at the top level. */
export interface FilterOnlySpec {
  readonly kind: 'filter-only';
  readonly content: FieldSpec;
}

export type FieldSpec =
  | IntegerSpec
  | FloatSpec
  | BooleanSpec
  | StringSpec
  | TextSpec
  | EnumerationSpec
  | ArraySpec
  | SequenceSpec
  | StructureSpec
  | OptionalSpec
  | BytesSpec
  | DynamicSpec
  | FilterOnlySpec;

export interface NamedFieldSpec {
  readonly name: string;
  readonly spec: FieldSpec;
}

/** The description of an event for the daemons: all parts of its event record class except the identifier. */
export interface EventSpec {
  /** `provider:event`. */
  readonly name: string;
  /** LTTng log level, 0 (emergency) to 14 (debug). */
  readonly logLevel: number;
  readonly fields: readonly NamedFieldSpec[];
}
