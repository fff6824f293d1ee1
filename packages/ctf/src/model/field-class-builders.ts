import type {
  FieldClass,
  IntegerFieldClass,
  StaticArrayFieldClass,
  StructureFieldClass,
  StructureMember,
} from './field-class.ts';

/** What may differ from a plain little-endian, byte-aligned, decimal integer. */
export type IntegerOptions = Partial<Omit<IntegerFieldClass, 'kind' | 'bits'>>;

/** An integer field class of `bits` bits: unsigned, little-endian, byte-aligned and decimal unless `options` say otherwise. */
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

/** A structure field class, by default with no alignment beyond that of its members. */
export function structureClass(members: readonly StructureMember[], align = 1): StructureFieldClass {
  return { kind: 'structure', members, align };
}

export function member(name: string, fieldClass: FieldClass): StructureMember {
  return { name, fieldClass };
}

export function staticArrayClass(element: FieldClass, length: number): StaticArrayFieldClass {
  return { kind: 'static-array', element, length };
}
