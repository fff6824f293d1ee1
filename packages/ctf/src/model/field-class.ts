/**
 * Field classes: the types of CTF, whichever metadata version describes them.
 *
 * Parsers of each version build these; encoders, decoders and printers know only these.
 *
 * @see CTF 1.8.3 §4 (types), CTF2-SPEC-2.0 §5.3 (field class fragments)
 */

import type { Attributed } from './attributes.ts';

export type ByteOrder = 'le' | 'be';
export type DisplayBase = 2 | 8 | 10 | 16;

/** Text encoding. CTF 1.8 knows UTF-8 and ASCII only. */
export type TextEncoding = 'utf8' | 'ascii' | 'utf16be' | 'utf16le' | 'utf32be' | 'utf32le';

/** The part of a data stream in which a field lives. */
export type FieldScope =
  | 'packet-header'
  | 'packet-context'
  | 'event-record-header'
  | 'event-record-common-context'
  | 'event-record-specific-context'
  | 'event-record-payload';

/**
 * The location of another field: the length of a sequence, the selector of a variant.
 *
 * Without `scope` it is relative: `path[0]` is searched in the innermost enclosing structure, then outwards. With
 * `outer`, the search skips that number of enclosing structures first, and does not go further outwards (CTF 2).
 *
 * A path names members of structures. It may name the option of a variant (CTF 1.8). Otherwise it leads through all
 * options, to the field that was decoded last. It leads through arrays and optional fields without a name.
 */
export interface FieldLocation {
  readonly scope?: FieldScope;
  readonly path: readonly string[];
  readonly outer?: number;
}

/** Properties that give an integer a meaning. */
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

/** Properties of all fields with a fixed number of bits. */
export interface BitField extends Attributed {
  /** Length in bits. */
  readonly bits: number;
  /** Alignment in bits, a power of two. */
  readonly align: number;
  readonly byteOrder: ByteOrder;
  /** The bits have the opposite order of the byte order (CTF 2's bit order). */
  readonly bitsReversed?: true;
}

export interface IntegerFieldClass extends BitField {
  readonly kind: 'integer';
  readonly signed: boolean;
  /** Length in bits, 1 to 64. */
  readonly bits: number;
  readonly base: DisplayBase;
  /**
   * Encoding of text elements: arrays of such bytes are text. CTF 2's strings of static and dynamic length are arrays
   * of bytes with an encoding.
   */
  readonly encoding: 'none' | TextEncoding;
  /** Name of the clock class. The field has a value of that clock, or its low bits. */
  readonly clock?: string;
  readonly roles?: readonly IntegerRole[];
}

/** CTF 2 only: LEB128, seven bits of value in each byte, of up to 64 bits. */
export interface VariableIntegerFieldClass extends Attributed {
  readonly kind: 'variable-integer';
  readonly signed: boolean;
  readonly base: DisplayBase;
  /** As for an integer. */
  readonly clock?: string;
  readonly roles?: readonly IntegerRole[];
}

/** Both ends included. */
export interface IntegerRange {
  readonly lower: bigint;
  readonly upper: bigint;
}

/** A label of an enumeration with one range of values, both ends included. A label may have several ranges. */
export interface EnumerationMapping extends IntegerRange {
  readonly label: string;
}

export interface EnumerationFieldClass {
  readonly kind: 'enumeration';
  readonly container: IntegerFieldClass | VariableIntegerFieldClass;
  readonly mappings: readonly EnumerationMapping[];
}

export interface FloatFieldClass extends BitField {
  readonly kind: 'float';
  readonly bits: 16 | 32 | 64 | 128;
}

/** CTF 2 fixed-length boolean. CTF 1.8 knows none: an unsigned integer stands in for it there. */
export interface BooleanFieldClass extends BitField {
  readonly kind: 'boolean';
}

/** A name for some bits of a bit map: it applies where any bit from `lower` to `upper`, both included, is set. */
export interface BitFlag {
  readonly name: string;
  /** Bits are numbered from the least significant one. */
  readonly lower: number;
  readonly upper: number;
}

/** CTF 2 only: bits without a sign, 1 to 64; with flags it is a bit map. A flag may have several ranges. */
export interface BitArrayFieldClass extends BitField {
  readonly kind: 'bit-array';
  readonly flags?: readonly BitFlag[];
}

/** Text up to a null character of its encoding. */
export interface StringFieldClass extends Attributed {
  readonly kind: 'string';
  readonly encoding: TextEncoding;
}

export interface StructureMember extends Attributed {
  readonly name: string;
  readonly fieldClass: FieldClass;
}

export interface StructureFieldClass extends Attributed {
  readonly kind: 'structure';
  readonly members: readonly StructureMember[];
  /** Minimum alignment in bits; the effective one is the largest of this and the members'. */
  readonly align: number;
}

export interface StaticArrayFieldClass extends Attributed {
  readonly kind: 'static-array';
  readonly element: FieldClass;
  /** Minimum alignment in bits (CTF 2); 1 if absent. */
  readonly align?: number;
  readonly length: number;
}

export interface DynamicArrayFieldClass extends Attributed {
  readonly kind: 'dynamic-array';
  readonly element: FieldClass;
  /** Minimum alignment in bits (CTF 2); 1 if absent. */
  readonly align?: number;
  readonly length: FieldLocation;
}

/** CTF 2 only; CTF 1.8 writes an array of unsigned bytes. */
export interface StaticBlobFieldClass extends Attributed {
  readonly kind: 'static-blob';
  /** Bytes. */
  readonly length: number;
  readonly mediaType?: string;
  readonly roles?: readonly 'metadata-stream-uuid'[];
}

/** CTF 2 only; CTF 1.8 writes a sequence of unsigned bytes. */
export interface BlobFieldClass extends Attributed {
  readonly kind: 'dynamic-blob';
  readonly length: FieldLocation;
  readonly mediaType?: string;
}

/** CTF 2 only: a field that is there or not. */
export interface OptionalFieldClass extends Attributed {
  readonly kind: 'optional';
  /** A boolean, or an integer. */
  readonly selector: FieldLocation;
  /** Where the selector is an integer: the values with which the field is there. */
  readonly ranges?: readonly IntegerRange[];
  readonly content: FieldClass;
}

export interface VariantOption extends Attributed {
  /** Empty for options without a name, which CTF 2 allows. */
  readonly name: string;
  readonly fieldClass: FieldClass;
  /** The selector's values that select this option. If absent, the values of the label with the option's name. */
  readonly ranges?: readonly IntegerRange[];
}

/** Either all options have ranges, or none: then `selector` leads to an enumeration. */
export interface VariantFieldClass extends Attributed {
  readonly kind: 'variant';
  readonly selector: FieldLocation;
  readonly options: readonly VariantOption[];
}

export type FieldClass =
  | IntegerFieldClass
  | VariableIntegerFieldClass
  | EnumerationFieldClass
  | FloatFieldClass
  | BooleanFieldClass
  | BitArrayFieldClass
  | StringFieldClass
  | StructureFieldClass
  | StaticArrayFieldClass
  | DynamicArrayFieldClass
  | StaticBlobFieldClass
  | BlobFieldClass
  | OptionalFieldClass
  | VariantFieldClass;
