import { type FieldSpec, type FieldValue, type NamedFieldSpec, type StructureValue, VariantValue } from '@ringtail/ctf';
import type { Expected } from './random-value.ts';

/**
 * Expected result of the decoder for a record whose fields hold `values`.
 *
 * @param version 1 has neither booleans nor BLOBs, but integers
 */
export function decodedFields(
  fields: readonly NamedFieldSpec[],
  values: readonly Expected[],
  version: 1 | 2,
): StructureValue {
  return Object.fromEntries(
    fields.flatMap(({ name, spec }, i) => membersOf(name, spec, values[i] as Expected, version)),
  );
}

type Member = readonly [name: string, value: FieldValue];

function membersOf(name: string, spec: FieldSpec, value: Expected, version: 1 | 2): Member[] {
  switch (spec.kind) {
    case 'filter-only':
      return [];
    case 'optional':
      return [
        [`_${name}_tag`, value === null ? 0 : 1],
        [name, value === null ? new VariantValue(0, {}) : new VariantValue(1, decoded(spec.content, value, version))],
      ];
    case 'text': {
      const text = value as string;
      // Readers end text at its first U+0000, whatever its length.
      return [
        [`_${name}_length`, new TextEncoder().encode(text).length],
        [name, text.split('\0')[0] as string],
      ];
    }
    case 'bytes': {
      const bytes = value as Uint8Array;
      return [
        [`_${name}_length`, bytes.length],
        [name, version === 1 ? Array.from(bytes) : bytes],
      ];
    }
    case 'sequence': {
      const elements = (value as readonly Expected[]).map((element) => decoded(spec.element, element, version));
      return [
        [`_${name}_length`, elements.length],
        [name, elements],
      ];
    }
    default:
      return [[name, decoded(spec, value, version)]];
  }
}

function decoded(spec: FieldSpec, value: Expected, version: 1 | 2): FieldValue {
  switch (spec.kind) {
    case 'integer':
    case 'enumeration': {
      const integer = value as bigint;
      return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
    }
    case 'float':
    case 'string':
      return value as number | string;
    case 'boolean':
      return version === 1 ? Number(value) : (value as boolean);
    case 'array':
      return (value as readonly Expected[]).map((element) => decoded(spec.element, element, version));
    case 'structure':
      return decodedFields(spec.members, value as readonly Expected[], version);
    default:
      return Object.fromEntries(membersOf('value', spec, value, version));
  }
}
