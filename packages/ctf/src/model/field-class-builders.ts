import type {
  FieldClass,
  IntegerFieldClass,
  StaticArrayFieldClass,
  StructureFieldClass,
  StructureMember,
} from './field-class.ts';

/** Differences from a plain little-endian, byte-aligned, decimal integer. */
export type IntegerOptions = Partial<Omit<IntegerFieldClass, 'kind' | 'bits'>>;

/**
 * An integer field class of `bits` bits. Without `options` it is unsigned, little-endian, byte-aligned and decimal.
 */
export function integerClass(bits: number, options: IntegerOptions = {}): IntegerFieldClass {
  return {
    kind: 'integer',
    signed: false,
    bits,
    align: 8,
    byteOrder: 'le',
    base: 10,
    encoding: 'none',
    ...options,
  };
}

/** A structure field class, by default with the alignment of its members. */
export function structureClass(members: readonly StructureMember[], align = 1): StructureFieldClass {
  return { kind: 'structure', members, align };
}

export function member(name: string, fieldClass: FieldClass): StructureMember {
  return { name, fieldClass };
}

export function staticArrayClass(element: FieldClass, length: number): StaticArrayFieldClass {
  return { kind: 'static-array', element, length };
}
