import { unreachable } from '@ringtail/base';
import { type FieldValue, type StructureValue, VariantValue } from '../decode/values.ts';
import { alignmentOf, textEncodingOf, unitBytesOf } from '../model/class-facts.ts';
import type {
  BitField,
  BooleanFieldClass,
  DynamicArrayFieldClass,
  FieldClass,
  FloatFieldClass,
  IntegerFieldClass,
  IntegerRole,
  StaticArrayFieldClass,
  StructureFieldClass,
  TextEncoding,
  VariableIntegerFieldClass,
  VariantFieldClass,
} from '../model/field-class.ts';
import { contentPlace, elementPlace, memberPlace, optionPlace } from '../model/field-place.ts';
import type { Links, Store } from '../model/links.ts';
import type { BitWriter } from './bit-writer.ts';
import { floatBits } from './float-bits.ts';
import { textBytes } from './text-bytes.ts';
import { WriteError } from './write-error.ts';

export type FieldEncoder = (writer: BitWriter, value: FieldValue) => void;

/**
 * Compiles a field class into a function that writes one field, so that the decoder of the class reads it as `value`.
 *
 * Lengths and selectors are fields of their own and written as they are. Their dependent fields have to agree.
 *
 * @param place the scope and the names that lead to the field
 * @param links where dependent fields find their targets: first the scope's own links
 */
export function fieldEncoder(fieldClass: FieldClass, place: string, links: readonly Links[]): FieldEncoder {
  switch (fieldClass.kind) {
    case 'integer':
      return withEffects(fieldClass, place, links, bitFieldEncoder(fieldClass));
    case 'variable-integer':
      return withEffects(fieldClass, place, links, variableEncoder(fieldClass));
    case 'enumeration':
      return fieldEncoder(fieldClass.container, place, links);
    case 'float':
      return floatEncoder(fieldClass);
    case 'boolean':
      return withStores(place, links, booleanEncoder(fieldClass));
    case 'bit-array':
      return bitFieldEncoder(fieldClass);
    case 'string':
      return stringEncoder(fieldClass.encoding);
    case 'structure':
      return structureEncoder(fieldClass, place, links);
    case 'static-array':
      return arrayEncoder(fieldClass, place, links, () => fieldClass.length);
    case 'dynamic-array': {
      const { slot } = referenceOf(place, links);
      return arrayEncoder(fieldClass, place, links, (writer) => lengthAt(writer, slot, place));
    }
    case 'static-blob':
    case 'dynamic-blob':
      return (writer, value) => {
        writer.align(8);
        writer.set(bytesOf(value));
      };
    case 'optional': {
      const encode = fieldEncoder(fieldClass.content, contentPlace(place), links);
      return (writer, value) => {
        if (value !== undefined) encode(writer, value);
      };
    }
    case 'variant':
      return variantEncoder(fieldClass, place, links);
    default:
      return unreachable(fieldClass);
  }
}

function referenceOf(place: string, links: readonly Links[]) {
  for (const { references } of links) {
    const reference = references.get(place);
    if (reference !== undefined) return reference;
  }
  throw new RangeError(`${place} was not linked`);
}

function storesAt(place: string, links: readonly Links[]): readonly Store[] {
  return links.map(({ targets }) => targets.get(place)).find((stores) => stores !== undefined) ?? [];
}

function withStores(place: string, links: readonly Links[], encode: FieldEncoder): FieldEncoder {
  const stores = storesAt(place, links);
  if (stores.length === 0) return encode;
  return (writer, value) => {
    for (const { slot, index } of stores) writer.slots[slot] = index ?? numberOf(value);
    encode(writer, value);
  };
}

/** Integers set the clock and are lengths of other fields. Some are filled in later. */
function withEffects(
  fieldClass: IntegerFieldClass | VariableIntegerFieldClass,
  place: string,
  links: readonly Links[],
  encode: FieldEncoder,
): FieldEncoder {
  const { clock, signed, roles = [] } = fieldClass;
  const bits = fieldClass.kind === 'integer' ? fieldClass.bits : 64;
  const setsClock = clock !== undefined && !signed && !roles.includes('packet-end-default-clock-timestamp');
  const marked = roles.filter((role) => MARKED_ROLES.has(role));
  const stored = withStores(place, links, encode);
  if (!setsClock && marked.length === 0) return stored;
  return (writer, value) => {
    const start = writer.at;
    stored(writer, value);
    for (const role of marked) writer.marks.set(role, { at: start, write: (w, later) => encode(w, later) });
    if (setsClock && bits <= 32) {
      writer.clock?.update(bits, 0, Number(numberOf(value)));
    } else if (setsClock) {
      const cycles = BigInt.asUintN(64, BigInt(numberOf(value)));
      writer.clock?.update(bits, Number(cycles >> 32n), Number(cycles & 0xffff_ffffn));
    }
  };
}

/** Properties of a packet that are known only when it is whole. */
const MARKED_ROLES: ReadonlySet<IntegerRole> = new Set([
  'packet-total-length',
  'packet-content-length',
  'packet-end-default-clock-timestamp',
]);

function bitFieldEncoder({ bits, align, byteOrder, bitsReversed }: BitField): FieldEncoder {
  const le = byteOrder === 'le';
  if (bitsReversed) {
    return (writer, value) => {
      writer.align(align);
      writer.write(bits, reversedBits(BigInt(numberOf(value)), bits), le);
    };
  }
  return (writer, value) => {
    writer.align(align);
    writer.write(bits, numberOf(value), le);
  };
}

function reversedBits(value: bigint, bits: number): bigint {
  const digits = BigInt.asUintN(bits, value).toString(2).padStart(bits, '0');
  return BigInt(`0b${[...digits].reverse().join('')}`);
}

function booleanEncoder(fieldClass: BooleanFieldClass): FieldEncoder {
  const encode = bitFieldEncoder({ ...fieldClass, bits: Math.min(fieldClass.bits, 64) });
  return (writer, value) => encode(writer, value ? 1 : 0);
}

/** Sizes are filled in later, so room is left for any. */
const PADDED_BYTES = 10;

function variableEncoder({ signed, roles = [] }: VariableIntegerFieldClass): FieldEncoder {
  const bytesMin = roles.some((role) => MARKED_ROLES.has(role)) ? PADDED_BYTES : 1;
  return (writer, value) => {
    writer.align(8);
    let rest = BigInt(numberOf(value));
    if (!signed) rest = BigInt.asUintN(64, rest);
    for (let count = 1; ; count++) {
      const part = Number(rest & 0x7fn);
      rest >>= 7n;
      const isWhole = signed ? rest === (part & 0x40 ? -1n : 0n) : rest === 0n;
      if (isWhole && count >= bytesMin) {
        writer.setUint8(part);
        return;
      }
      writer.setUint8(part | 0x80);
    }
  };
}

function floatEncoder(fieldClass: FloatFieldClass): FieldEncoder {
  const { bits, byteOrder, bitsReversed } = fieldClass;
  if (bits !== 128) {
    const encode = bitFieldEncoder(fieldClass);
    return (writer, value) => encode(writer, floatBits(value as number, bits) as number | bigint);
  }
  const first = bitFieldEncoder({ ...fieldClass, bits: 64 });
  const second = bitFieldEncoder({ ...fieldClass, bits: 64, align: 1 });
  // Halves in reversed order of bits have changed places too.
  const lowFirst = (byteOrder === 'le') !== (bitsReversed === true);
  return (writer, value) => {
    const [high, low] = floatBits(value as number, bits) as readonly [bigint, bigint];
    first(writer, lowFirst ? low : high);
    second(writer, lowFirst ? high : low);
  };
}

function stringEncoder(encoding: TextEncoding): FieldEncoder {
  const unitBytes = unitBytesOf(encoding);
  return (writer, value) => {
    writer.align(8);
    const text = untilNull(String(value));
    if (unitBytes > 1 || !writer.setAscii(text)) writer.set(textBytes(text, encoding));
    writer.skipBytes(unitBytes);
  };
}

function untilNull(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

function structureEncoder(fieldClass: StructureFieldClass, place: string, links: readonly Links[]): FieldEncoder {
  const align = alignmentOf(fieldClass);
  const members = fieldClass.members.map(({ name, fieldClass: memberClass }) => ({
    name,
    encode: fieldEncoder(memberClass, memberPlace(place, name), links),
  }));
  return (writer, value) => {
    writer.align(align);
    for (const { name, encode } of members) encode(writer, (value as StructureValue)[name]!);
  };
}

function arrayEncoder(
  fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass,
  place: string,
  links: readonly Links[],
  lengthOf: (writer: BitWriter) => number,
): FieldEncoder {
  const { element } = fieldClass;
  const align = alignmentOf(fieldClass);
  const text = textEncodingOf(element);
  if (text !== undefined) {
    return (writer, value) => {
      writer.align(8);
      const length = lengthOf(writer);
      const bytes = textBytes(value as string, text).subarray(0, length);
      writer.set(bytes);
      writer.skipBytes(length - bytes.length);
    };
  }
  const encode = fieldEncoder(element, elementPlace(place), links);
  return (writer, value) => {
    writer.align(align);
    const elements = value as readonly FieldValue[];
    for (let i = 0; i < elements.length; i++) encode(writer, elements[i]);
  };
}

function lengthAt(writer: BitWriter, slot: number, place: string): number {
  const length = writer.slots[slot];
  if (length === undefined) {
    throw new WriteError('UNSET_REFERENCE', 'the field with the length did not occur before').within(place);
  }
  return Number(length);
}

/** An optional field, too, may be written as a variant: of nothing and its content. */
function variantEncoder(fieldClass: VariantFieldClass, place: string, links: readonly Links[]): FieldEncoder {
  const options = fieldClass.options.map((o, i) => fieldEncoder(o.fieldClass, optionPlace(place, o.name, i), links));
  return (writer, value) => {
    if (value instanceof VariantValue) options[value.option]!(writer, value.value);
    else if (value === undefined) options[0]!(writer, {});
    else options[1]!(writer, value);
  };
}

function numberOf(value: FieldValue): number | bigint {
  return typeof value === 'boolean' ? Number(value) : (value as number | bigint);
}

function bytesOf(value: FieldValue): Uint8Array {
  return value instanceof Uint8Array ? value : Uint8Array.from(value as readonly number[]);
}
