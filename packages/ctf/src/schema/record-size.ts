import type { FieldSpec, NamedFieldSpec } from './field-spec.ts';

/** The least number of bytes that a value of this field takes in a record. */
export function leastBytes(spec: FieldSpec): number {
  switch (spec.kind) {
    case 'integer':
    case 'float':
      return spec.bits / 8;
    case 'enumeration':
      return spec.container.bits / 8;
    case 'text':
    case 'sequence':
    case 'bytes':
      return LENGTH_BYTES;
    case 'boolean':
    case 'optional':
    case 'dynamic':
    case 'string':
      return 1;
    case 'array':
      return spec.length * leastBytes(spec.element);
    case 'structure':
      return sum(spec.members);
    case 'filter-only':
      return 0;
  }
}

function sum(members: readonly NamedFieldSpec[]): number {
  return members.reduce((bytes, { spec }) => bytes + leastBytes(spec), 0);
}

const LENGTH_BYTES = 4;
