/**
 * Field classes: the types of CTF, whichever metadata version describes them.
 *
 * Parsers of each version build these; encoders, decoders and printers know only these.
 *
 * @see CTF 1.8.3 §4 (types), CTF2-SPEC-2.0 §5.3 (field class fragments)
 */

export type ByteOrder = 'le' | 'be';
export type DisplayBase = 2 | 8 | 10 | 16;

/** The part of a data stream in which a field lives. */
export type FieldScope =
  | 'packet-header'
  | 'packet-context'
  | 'event-record-header'
  | 'event-record-common-context'
  | 'event-record-specific-context'
  | 'event-record-payload';

/**
 * Where to find another field: the length of a sequence, the selector of a variant.
 *
 * `scope` undefined means relative: look `path[0]` up in the innermost enclosing structure, then outwards.
 */
export interface FieldLocation {
  readonly scope?: FieldScope;
  readonly path: readonly string[];
}

/** What makes an integer more than a number. */
export type IntegerRole =
  | 'packet-magic-number'
  | 'data-stream-class-id'
  | 'data-stream-id'
  | 'packet-total-length'
  | 'packet-content-length'
  | 'packet-end-default-clock-timestamp'
  | 'packet-sequence-number'
  | 'discarded-event-record-counter-snapshot'
  | 'default-clock-timestamp'
  | 'event-record-class-id';

export interface IntegerFieldClass {
  readonly kind: 'integer';
  readonly signed: boolean;
  /** Length in bits, 1 to 64. */
  readonly bits: number;
  /** Alignment in bits, a power of two. */
  readonly align: number;
  readonly byteOrder: ByteOrder;
  readonly base: DisplayBase;
  /** Text elements of arrays: `utf8` and `ascii` integers print as text. */
  readonly encoding: 'none' | 'utf8' | 'ascii';
  /** Name of the clock class of which this field holds (the low bits of) a value. */
  readonly clock?: string;
  readonly roles?: readonly IntegerRole[];
}

/** One label of an enumeration with one of its ranges, both ends included. A label may have several. */
export interface EnumerationMapping {
  readonly label: string;
  readonly lower: bigint;
  readonly upper: bigint;
}

export interface EnumerationFieldClass {
  readonly kind: 'enumeration';
  readonly container: IntegerFieldClass;
  readonly mappings: readonly EnumerationMapping[];
}

export interface FloatFieldClass {
  readonly kind: 'float';
  readonly bits: 16 | 32 | 64 | 128;
  readonly align: number;
  readonly byteOrder: ByteOrder;
}

/** CTF 2 fixed-length boolean. CTF 1.8 knows none: an unsigned integer stands in for it there. */
export interface BooleanFieldClass {
  readonly kind: 'boolean';
  readonly bits: number;
  readonly align: number;
  readonly byteOrder: ByteOrder;
}

/** Null-terminated text. */
export interface StringFieldClass {
  readonly kind: 'string';
  readonly encoding: 'utf8' | 'ascii';
}

export interface StructureMember {
  readonly name: string;
  readonly fieldClass: FieldClass;
}

export interface StructureFieldClass {
  readonly kind: 'structure';
  readonly members: readonly StructureMember[];
  /** Minimum alignment in bits; the effective one is the largest of this and the members'. */
  readonly align: number;
}

export interface StaticArrayFieldClass {
  readonly kind: 'static-array';
  readonly element: FieldClass;
  readonly length: number;
}

export interface DynamicArrayFieldClass {
  readonly kind: 'dynamic-array';
  readonly element: FieldClass;
  readonly length: FieldLocation;
}

/** CTF 2 only; CTF 1.8 writes a sequence of unsigned bytes. */
export interface BlobFieldClass {
  readonly kind: 'dynamic-blob';
  readonly length: FieldLocation;
  readonly mediaType?: string;
}

export interface VariantOption {
  readonly name: string;
  readonly fieldClass: FieldClass;
}

/** The option whose name equals the selected label of the enumeration at `selector`. */
export interface VariantFieldClass {
  readonly kind: 'variant';
  readonly selector: FieldLocation;
  readonly options: readonly VariantOption[];
}

export type FieldClass =
  | IntegerFieldClass
  | EnumerationFieldClass
  | FloatFieldClass
  | BooleanFieldClass
  | StringFieldClass
  | StructureFieldClass
  | StaticArrayFieldClass
  | DynamicArrayFieldClass
  | BlobFieldClass
  | VariantFieldClass;
