import type {
  DynamicArrayFieldClass,
  EnumerationFieldClass,
  FieldClass,
  StructureFieldClass,
  StructureMember,
} from '../model/field-class.ts';
import { integerClass, member, staticArrayClass, structureClass } from '../model/field-class-builders.ts';
import { DynamicTag } from './dynamic-tag.ts';
import type { EnumerationSpec, FieldSpec, IntegerSpec, NamedFieldSpec } from './field-spec.ts';

/** Name of the only content member where a structure is put around a field that needs a second one before it. */
export const WRAPPED_NAME = 'value';

/** Labels of an optional field's tag, and names of its variant's options. */
const ABSENT = 'none';
const PRESENT = 'some';

/**
 * Turns field specifications into the field classes of what an encoder writes for them.
 *
 * Everything is little-endian and byte-packed, as LTTng packs on x86. Text, sequences and bytes get an unsigned 32-bit
 * `_NAME_length` member directly before them, optional fields a one-byte enumeration `_NAME_tag`, as LTTng names its
 * own; the tag of a dynamic field is LTTng's `NAME_tag`. Where such a field has no name of its own (the element of an
 * array, the content of an optional field) a structure goes around the pair, with the content as its member `value`; it
 * adds no bytes. Filter-only fields are left out.
 *
 * The bytes that these classes describe are the same in both versions. Version 1 says "unsigned byte" where version 2
 * has a boolean, and "bytes in hexadecimal" where version 2 has a BLOB.
 *
 * @param fields checked by {@link parseEventSpec}, or known to satisfy it
 */
export function lowerFields(fields: readonly NamedFieldSpec[], version: 1 | 2): StructureFieldClass {
  return structureClass(fields.flatMap((field) => lowerField(field, version)));
}

/** Names of the members that a field becomes, in order. */
export function loweredNames({ name, spec }: NamedFieldSpec): readonly string[] {
  switch (spec.kind) {
    case 'text':
    case 'sequence':
    case 'bytes':
      return [lengthName(name), name];
    case 'optional':
      return [tagName(name), name];
    case 'dynamic':
      return [dynamicTagName(name), name];
    case 'filter-only':
      return [];
    default:
      return [name];
  }
}

function lengthName(name: string): string {
  return `_${name}_length`;
}

function tagName(name: string): string {
  return `_${name}_tag`;
}

/** LTTng's name for the tag of a dynamic type. */
function dynamicTagName(name: string): string {
  return `${name}_tag`;
}

function lowerField({ name, spec }: NamedFieldSpec, version: 1 | 2): readonly StructureMember[] {
  switch (spec.kind) {
    case 'text':
      return withLength(name, integerClass(8, { encoding: 'utf8' }));
    case 'sequence':
      return withLength(name, lowerContent(spec.element, version));
    case 'bytes': {
      if (version === 1) return withLength(name, integerClass(8, { base: 16 }));
      const length = { path: [lengthName(name)] };
      return [member(lengthName(name), integerClass(32)), member(name, { kind: 'dynamic-blob', length })];
    }
    case 'optional':
      return [
        member(tagName(name), TAG),
        member(name, {
          kind: 'variant',
          selector: { path: [tagName(name)] },
          options: [
            { name: ABSENT, fieldClass: structureClass([]) },
            { name: PRESENT, fieldClass: lowerContent(spec.content, version) },
          ],
        }),
      ];
    case 'dynamic':
      return dynamicMembers(name, version);
    case 'filter-only':
      return [];
    default:
      return [member(name, lowerContent(spec, version))];
  }
}

/** The one field class of a field without a name. */
function lowerContent(spec: FieldSpec, version: 1 | 2): FieldClass {
  switch (spec.kind) {
    case 'integer':
      return lowerInteger(spec);
    case 'float':
      return { kind: 'float', bits: spec.bits, align: 8, byteOrder: 'le' };
    case 'boolean':
      return version === 1 ? integerClass(8) : { kind: 'boolean', bits: 8, align: 8, byteOrder: 'le' };
    case 'string':
      return { kind: 'string', encoding: 'utf8' };
    case 'enumeration':
      return lowerEnumeration(spec);
    case 'array':
      return staticArrayClass(lowerContent(spec.element, version), spec.length);
    case 'structure':
      return lowerFields(spec.members, version);
    default:
      return structureClass(lowerField({ name: WRAPPED_NAME, spec }, version));
  }
}

function lowerInteger(spec: IntegerSpec) {
  return integerClass(spec.bits, { signed: spec.signed, base: spec.base });
}

function lowerEnumeration(spec: EnumerationSpec): EnumerationFieldClass {
  const mappings = spec.ranges.map(([label, lower, upper]) => ({ label, lower: BigInt(lower), upper: BigInt(upper) }));
  return { kind: 'enumeration', container: lowerInteger(spec.container), mappings };
}

/**
 * The labels are LTTng's in either version: in the older one `double` and `string` are keywords, so all get an
 * underscore.
 */
function dynamicMembers(name: string, version: 1 | 2): readonly StructureMember[] {
  const label = (text: string) => (version === 1 ? `_${text}` : text);
  const mappings = DYNAMIC_TYPES.map(([text, tag]) => {
    return { label: label(text), lower: BigInt(tag), upper: BigInt(tag) };
  });
  return [
    member(dynamicTagName(name), { kind: 'enumeration', container: integerClass(8, { signed: true }), mappings }),
    member(name, {
      kind: 'variant',
      selector: { path: [dynamicTagName(name)] },
      options: DYNAMIC_TYPES.map(([text, , fieldClass]) => ({ name: label(text), fieldClass })),
    }),
  ];
}

function withLength(name: string, element: FieldClass): readonly StructureMember[] {
  const array: DynamicArrayFieldClass = { kind: 'dynamic-array', element, length: { path: [lengthName(name)] } };
  return [member(lengthName(name), integerClass(32)), member(name, array)];
}

/** The dynamic types of LTTng that a JavaScript value can have, with LTTng's tags. */
const DYNAMIC_TYPES: readonly (readonly [label: string, tag: DynamicTag, fieldClass: FieldClass])[] = [
  ['none', DynamicTag.NONE, structureClass([])],
  ['int64', DynamicTag.INT64, integerClass(64, { signed: true })],
  ['double', DynamicTag.DOUBLE, { kind: 'float', bits: 64, align: 8, byteOrder: 'le' }],
  ['string', DynamicTag.STRING, { kind: 'string', encoding: 'utf8' }],
];

const TAG: EnumerationFieldClass = {
  kind: 'enumeration',
  container: integerClass(8),
  mappings: [
    { label: ABSENT, lower: 0n, upper: 0n },
    { label: PRESENT, lower: 1n, upper: 1n },
  ],
};
