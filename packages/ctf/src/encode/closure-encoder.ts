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
import { copyBytes, labelTable, putI64, putU64, toBytes, toEnumerator, toList } from './values.ts';
import {
  buildIsWrong,
  type CheckedScalarSpec,
  isWrongDynamic,
  type WrongValue,
  type WrongValues,
} from './wrong-values.ts';

/** Appends one field's value to the scratch memory. Throws where the value cannot be converted. */
export type FieldEncoder = (scratch: Scratch, value: unknown) => void;

/**
 * Encoders built of closures: for every kind of field, wherever code generation is forbidden, and inside compiled
 * encoders for fields whose size is unknown before they are written.
 *
 * @param path of the field, for `wrongValues`
 * @param wrongValues gets values that do not fit
 */
export function buildFieldEncoder(spec: FieldSpec, path = '', wrongValues?: WrongValues): FieldEncoder {
  if (isScalar(spec)) return scalarEncoder(spec, wrongValues?.(path, spec));
  switch (spec.kind) {
    case 'string': {
      const asText = textConverter(wrongValues?.(path, spec));
      return (scratch, value) => {
        const text = asText(value);
        const start = scratch.take(3 * text.length + 1);
        scratch.top = putString(scratch.dv, scratch.u8, start, text);
      };
    }
    case 'text': {
      const asText = textConverter(wrongValues?.(path, spec));
      return (scratch, value) => {
        const text = asText(value);
        const start = scratch.take(4 + utf8Bytes(text, false));
        putText(scratch.dv, scratch.u8, start, text);
      };
    }
    case 'bytes': {
      const wrong = wrongValues?.(path, spec);
      return (scratch, value) => {
        const bytes = toBytes(value, wrong);
        const count = bytes.length;
        const start = scratch.take(4 + count);
        scratch.dv.setUint32(start, count, true);
        copyBytes(scratch.u8, start + 4, bytes, 0, count);
      };
    }
    case 'structure':
      return structureEncoder(spec, path, wrongValues);
    case 'optional':
      return optionalEncoder(spec, path, wrongValues);
    case 'array':
      return arrayEncoder(spec, path, wrongValues);
    case 'sequence':
      return sequenceEncoder(spec, path, wrongValues);
    case 'dynamic':
      return dynamicEncoder(wrongValues?.(path, spec));
    case 'filter-only':
      return () => {};
  }
}

/** One encoder for all arguments of an event, in order. */
export function buildEventEncoder(
  fields: readonly NamedFieldSpec[],
  wrongValues?: WrongValues,
): (scratch: Scratch, values: ArrayLike<unknown>) => void {
  const encoders = fields.map(({ name, spec }) => buildFieldEncoder(spec, name, wrongValues));
  return (scratch, values) => {
    for (let i = 0; i < encoders.length; i++) (encoders[i] as FieldEncoder)(scratch, values[i]);
  };
}

function scalarEncoder(spec: ScalarSpec, wrong: WrongValue | undefined): FieldEncoder {
  if (spec.kind === 'enumeration') {
    const labels = labelTable(spec);
    const container = scalarEncoder(spec.container, wrong);
    return (scratch, value) => container(scratch, toEnumerator(labels, value, wrong));
  }
  if (spec.kind === 'boolean') return checked(encodeBoolean, spec, wrong);
  const setter = setterOf(spec);
  if (setter === 'put64') {
    const put = spec.kind === 'integer' && spec.signed ? putI64 : putU64;
    return (scratch, value) => {
      const start = scratch.take(8);
      put(scratch.dv, start, value, wrong);
    };
  }
  const bytes = scalarBytes(spec);
  const encode: FieldEncoder = (scratch, value) => {
    // The conversion may run the value's own code, which may throw, so nothing is taken before it has succeeded.
    const number = toNumber(value);
    const start = scratch.take(bytes);
    scratch.dv[setter](start, number, true);
  };
  return checked(encode, spec, wrong);
}

function checked(encode: FieldEncoder, spec: CheckedScalarSpec, wrong: WrongValue | undefined): FieldEncoder {
  if (wrong === undefined) return encode;
  const isWrong = buildIsWrong(spec);
  return (scratch, value) => {
    if (isWrong(value)) wrong(value);
    encode(scratch, value);
  };
}

function encodeBoolean(scratch: Scratch, value: unknown): void {
  const start = scratch.take(1);
  scratch.u8[start] = value ? 1 : 0;
}

function textConverter(wrong: WrongValue | undefined): (value: unknown) => string {
  if (wrong === undefined) return toText;
  return (value) => {
    if (typeof value !== 'string') wrong(value);
    return toText(value);
  };
}

function dynamicEncoder(wrong: WrongValue | undefined): FieldEncoder {
  if (wrong === undefined) return encodeDynamic;
  return (scratch, value) => {
    if (isWrongDynamic(value)) wrong(value);
    encodeDynamic(scratch, value);
  };
}

/** Converts a value as a typed array does before it stores it. Throws for `bigint` and symbols. */
function toNumber(value: unknown): number {
  return +(value as number);
}

function structureEncoder(spec: StructureSpec, path: string, wrongValues: WrongValues | undefined): FieldEncoder {
  const members = spec.members.map(({ name, spec: member }) => ({
    name,
    encode: buildFieldEncoder(member, `${path}.${name}`, wrongValues),
  }));
  const wrong = wrongValues?.(path, spec);
  return (scratch, value) => {
    if (value === undefined || value === null) wrong?.(value);
    for (const { name, encode } of members) encode(scratch, (value as Record<string, unknown>)[name]);
  };
}

function optionalEncoder(spec: OptionalSpec, path: string, wrongValues: WrongValues | undefined): FieldEncoder {
  const encode = buildFieldEncoder(spec.content, path, wrongValues);
  return (scratch, value) => {
    const present = value !== undefined && value !== null;
    const start = scratch.take(1);
    scratch.u8[start] = present ? 1 : 0;
    if (present) encode(scratch, value);
  };
}

function arrayEncoder(spec: ArraySpec, path: string, wrongValues: WrongValues | undefined): FieldEncoder {
  const encode = buildFieldEncoder(spec.element, `${path}[]`, wrongValues);
  const filler = zeroOf(spec.element);
  const wrong = wrongValues?.(path, spec);
  return (scratch, value) => {
    const list = toList(value, wrong);
    const given = list.length;
    for (let i = 0; i < spec.length; i++) encode(scratch, i < given ? list[i] : filler);
  };
}

function sequenceEncoder(spec: SequenceSpec, path: string, wrongValues: WrongValues | undefined): FieldEncoder {
  const encode = buildFieldEncoder(spec.element, `${path}[]`, wrongValues);
  const Whole = typedArrayOf(spec.element);
  const wrong = wrongValues?.(path, spec);
  return (scratch, value) => {
    const list = toList(value, wrong);
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
    case 'boolean':
      return false;
    default:
      return 0;
  }
}
