import type {
  ArraySpec,
  FieldSpec,
  NamedFieldSpec,
  OptionalSpec,
  SequenceSpec,
  StructureSpec,
} from '../schema/field-spec.ts';
import { encodeDynamic } from './dynamic.ts';
import { isScalar, type ScalarSpec, scalarBytes, setterOf, typedArrayOf } from './scalar.ts';
import type { Scratch } from './scratch.ts';
import { putString, putText, toText, utf8Bytes } from './text.ts';
import { copyBytes, labelTable, put64, toBytes, toEnumerator, toList } from './values.ts';

/** Appends one field's value to the scratch memory. Throws where the value cannot be converted. */
export type FieldEncoder = (scratch: Scratch, value: unknown) => void;

/**
 * Encoders built of closures: for every kind of field, wherever code generation is forbidden, and inside compiled
 * encoders for fields whose size is unknown before they are written.
 */
export function buildFieldEncoder(spec: FieldSpec): FieldEncoder {
  if (isScalar(spec)) return scalarEncoder(spec);
  switch (spec.kind) {
    case 'string':
      return (scratch, value) => {
        const text = toText(value);
        const start = scratch.take(3 * text.length + 1);
        scratch.top = putString(scratch.dv, scratch.u8, start, text);
      };
    case 'text':
      return (scratch, value) => {
        const text = toText(value);
        const start = scratch.take(4 + utf8Bytes(text, false));
        putText(scratch.dv, scratch.u8, start, text);
      };
    case 'bytes':
      return (scratch, value) => {
        const bytes = toBytes(value);
        const count = bytes.length;
        const start = scratch.take(4 + count);
        scratch.dv.setUint32(start, count, true);
        copyBytes(scratch.u8, start + 4, bytes, 0, count);
      };
    case 'structure':
      return structureEncoder(spec);
    case 'optional':
      return optionalEncoder(spec);
    case 'array':
      return arrayEncoder(spec);
    case 'sequence':
      return sequenceEncoder(spec);
    case 'dynamic':
      return encodeDynamic;
    case 'filter-only':
      return () => {};
  }
}

/** One encoder for all arguments of an event, in order. */
export function buildEventEncoder(
  fields: readonly NamedFieldSpec[],
): (scratch: Scratch, values: ArrayLike<unknown>) => void {
  const encoders = fields.map((field) => buildFieldEncoder(field.spec));
  return (scratch, values) => {
    for (let i = 0; i < encoders.length; i++) (encoders[i] as FieldEncoder)(scratch, values[i]);
  };
}

function scalarEncoder(spec: ScalarSpec): FieldEncoder {
  const bytes = scalarBytes(spec);
  if (spec.kind === 'boolean') {
    return (scratch, value) => {
      const start = scratch.take(1);
      scratch.u8[start] = value ? 1 : 0;
    };
  }
  if (spec.kind === 'enumeration') {
    const labels = labelTable(spec);
    const container = scalarEncoder(spec.container);
    return (scratch, value) => container(scratch, toEnumerator(labels, value));
  }
  const setter = setterOf(spec);
  if (setter === 'put64') {
    return (scratch, value) => {
      const start = scratch.take(bytes);
      put64(scratch.dv, start, value);
    };
  }
  return (scratch, value) => {
    // The conversion may run the value's own code, which may throw, so nothing is taken before it has succeeded.
    const number = toNumber(value);
    const start = scratch.take(bytes);
    scratch.dv[setter](start, number, true);
  };
}

/** Converts a value as a typed array does before it stores it. Throws for `bigint` and symbols. */
function toNumber(value: unknown): number {
  return +(value as number);
}

function structureEncoder(spec: StructureSpec): FieldEncoder {
  const members = spec.members.map(({ name, spec: member }) => ({ name, encode: buildFieldEncoder(member) }));
  return (scratch, value) => {
    for (const { name, encode } of members) encode(scratch, (value as Record<string, unknown>)[name]);
  };
}

function optionalEncoder(spec: OptionalSpec): FieldEncoder {
  const encode = buildFieldEncoder(spec.content);
  return (scratch, value) => {
    const present = value !== undefined && value !== null;
    const start = scratch.take(1);
    scratch.u8[start] = present ? 1 : 0;
    if (present) encode(scratch, value);
  };
}

function arrayEncoder(spec: ArraySpec): FieldEncoder {
  const encode = buildFieldEncoder(spec.element);
  const filler = zeroOf(spec.element);
  return (scratch, value) => {
    const list = toList(value);
    const given = list.length;
    for (let i = 0; i < spec.length; i++) encode(scratch, i < given ? list[i] : filler);
  };
}

function sequenceEncoder(spec: SequenceSpec): FieldEncoder {
  const encode = buildFieldEncoder(spec.element);
  const Whole = typedArrayOf(spec.element);
  return (scratch, value) => {
    const list = toList(value);
    const count = list.length;
    const start = scratch.take(4);
    scratch.dv.setUint32(start, count, true);
    if (Whole !== undefined && list instanceof Whole) {
      const bytes = toBytes(list);
      copyBytes(scratch.u8, scratch.take(bytes.length), bytes, 0, bytes.length);
      return;
    }
    for (let i = 0; i < count; i++) encode(scratch, list[i]);
  };
}

/** The value that fills an array's missing elements. */
export function zeroOf(spec: FieldSpec): unknown {
  switch (spec.kind) {
    case 'string':
    case 'text':
      return '';
    case 'bytes':
    case 'array':
    case 'sequence':
      return [];
    case 'structure':
      return Object.fromEntries(spec.members.map(({ name, spec: member }) => [name, zeroOf(member)]));
    case 'optional':
    case 'dynamic':
      return undefined;
    case 'filter-only':
      return zeroOf(spec.content);
    default:
      return 0;
  }
}
