import { unreachable } from '@ringtail/base';
import type {
  DynamicArrayFieldClass,
  EnumerationFieldClass,
  FieldClass,
  IntegerFieldClass,
  StaticArrayFieldClass,
  StructureFieldClass,
  VariantFieldClass,
} from '../model/field-class.ts';
import { alignmentOf, bitsMinOf, isTextElement } from './class-facts.ts';
import { type Cursor, UNSET } from './cursor.ts';
import { floatDecoder } from './float-decoder.ts';
import { integerDecoder } from './integer-decoder.ts';
import { elementPlace, type Links, memberPlace, optionPlace, type Reference } from './link.ts';
import { type FieldDecoder, membersDecoder, membersSkipper } from './structure-decoder.ts';
import { decodeText } from './text.ts';
import { type FieldValue, VariantValue } from './values.ts';

/** What the decoders of one scope are compiled for. */
export interface DecoderContext {
  /** Where dependents find their field: the scope's own links first, then those of the scopes before it. */
  readonly links: readonly Links[];
  /** False where only the roles of the fields matter, not their values. */
  readonly keepValues: boolean;
  /** What else happens to the value of this integer: a role is filled, the clock is set. */
  effectOf(fieldClass: IntegerFieldClass): ((cursor: Cursor, value: number | bigint) => void) | undefined;
}

/**
 * Compiles a field class into a function that decodes one field at a cursor.
 *
 * All that the class decides is decided here, once: byte order, alignment, signs, where a length comes from, what an
 * error is to say about its place.
 *
 * @param place the scope and the names that lead to the field
 */
export function fieldDecoder(fieldClass: FieldClass, place: string, context: DecoderContext): FieldDecoder {
  switch (fieldClass.kind) {
    case 'integer':
      return integerField(fieldClass, place, context);
    case 'enumeration':
      return integerField(fieldClass.container, place, context);
    case 'float':
      return floatDecoder(fieldClass, place);
    case 'boolean': {
      const read = integerDecoder({ ...fieldClass, signed: false }, place);
      return (cursor) => Number(read(cursor)) !== 0;
    }
    case 'string':
      return stringDecoder(place);
    case 'structure':
      return structureDecoder(fieldClass, place, context);
    case 'static-array':
      return arrayDecoder(fieldClass, place, context, () => fieldClass.length);
    case 'dynamic-array': {
      const { slot } = referenceOf(place, context);
      return arrayDecoder(fieldClass, place, context, (cursor) => cursor.slots[slot] ?? UNSET);
    }
    case 'dynamic-blob':
      return blobDecoder(place, referenceOf(place, context));
    case 'variant':
      return variantDecoder(fieldClass, place, context);
    default:
      return unreachable(fieldClass);
  }
}

function referenceOf(place: string, { links }: DecoderContext): Reference {
  for (const { references } of links) {
    const reference = references.get(place);
    if (reference !== undefined) return reference;
  }
  throw new RangeError(`${place} was not linked`);
}

function integerField(fieldClass: IntegerFieldClass, place: string, context: DecoderContext): FieldDecoder {
  const read = integerDecoder(fieldClass, place);
  const effect = context.effectOf(fieldClass);
  const stores = context.links.map(({ targets }) => targets.get(place)).find((s) => s !== undefined);
  if (stores === undefined) {
    if (effect === undefined) return read;
    return (cursor) => {
      const value = read(cursor);
      effect(cursor, value);
      return value;
    };
  }
  const [first] = stores;
  if (stores.length > 1 || first!.index !== undefined) {
    return (cursor) => {
      const value = read(cursor);
      for (const { slot, index } of stores) cursor.slots[slot] = index ?? value;
      effect?.(cursor, value);
      return value;
    };
  }
  const { slot } = first!;
  return (cursor) => {
    const value = read(cursor);
    cursor.slots[slot] = value;
    effect?.(cursor, value);
    return value;
  };
}

function stringDecoder(place: string): FieldDecoder {
  return (cursor) => {
    cursor.align(8);
    if (cursor.at > cursor.end) cursor.short(place);
    const start = cursor.at >>> 3;
    const end = cursor.bytes.indexOf(0, start);
    if (end === -1 || end * 8 + 8 > cursor.end) cursor.short(place);
    cursor.at = end * 8 + 8;
    return decodeText(cursor.bytes, start, end);
  };
}

function structureDecoder(fieldClass: StructureFieldClass, place: string, context: DecoderContext): FieldDecoder {
  const names = fieldClass.members.map((m) => m.name);
  const decoders = fieldClass.members.map((m) => fieldDecoder(m.fieldClass, memberPlace(place, m.name), context));
  const decode = context.keepValues ? membersDecoder(names, decoders) : membersSkipper(decoders);
  const align = alignmentOf(fieldClass);
  if (align === 1) return decode;
  return (cursor) => {
    cursor.align(align);
    return decode(cursor);
  };
}

type LengthOf = (cursor: Cursor) => number | bigint;

function arrayDecoder(
  { element }: StaticArrayFieldClass | DynamicArrayFieldClass,
  place: string,
  context: DecoderContext,
  lengthOf: LengthOf,
): FieldDecoder {
  if (isTextElement(element)) return textDecoder(place, lengthOf);
  const decode = fieldDecoder(element, elementPlace(place), context);
  const align = alignmentOf(element);
  const bitsMin = bitsMinOf(element);
  return (cursor) => {
    cursor.align(align);
    const length = cursor.elementCount(lengthOf(cursor), bitsMin, place);
    const values = new Array<FieldValue>(length);
    for (let i = 0; i < length; i++) values[i] = decode(cursor);
    return values;
  };
}

/** Text ends at its first null character, or with the array. */
function textDecoder(place: string, lengthOf: LengthOf): FieldDecoder {
  return (cursor) => {
    cursor.align(8);
    const length = cursor.elementCount(lengthOf(cursor), 8, place);
    const start = cursor.at >>> 3;
    cursor.at += length * 8;
    const end = cursor.bytes.indexOf(0, start);
    return decodeText(cursor.bytes, start, end === -1 ? start + length : Math.min(end, start + length));
  };
}

function blobDecoder(place: string, { slot }: Reference): FieldDecoder {
  return (cursor) => {
    cursor.align(8);
    const length = cursor.elementCount(cursor.slots[slot] ?? UNSET, 8, place);
    const start = cursor.at >>> 3;
    cursor.at += length * 8;
    return cursor.bytes.slice(start, start + length);
  };
}

function variantDecoder(fieldClass: VariantFieldClass, place: string, context: DecoderContext): FieldDecoder {
  const { slot, targets, targetSlot } = referenceOf(place, context);
  const decoders = fieldClass.options.map((o) => fieldDecoder(o.fieldClass, optionPlace(place, o.name), context));
  const selects = targets.map((target) => optionSelector(fieldClass, target as EnumerationFieldClass));
  const [only] = selects;
  return (cursor) => {
    const selector = cursor.slots[slot];
    if (selector === undefined) throw cursor.error('UNSET_REFERENCE', 'the selector did not occur before', place);
    const select = targetSlot === undefined ? only! : selects[Number(cursor.slots[targetSlot])]!;
    const option = select(selector);
    if (option === -1) throw cursor.error('NO_VARIANT_OPTION', `no option for the selector value ${selector}`, place);
    const value = decoders[option]!(cursor);
    return context.keepValues ? new VariantValue(option, value) : value;
  };
}

/** Selector values up to here are looked up in a table. */
const TABLE_MAX = 256;

function optionSelector(variant: VariantFieldClass, selector: EnumerationFieldClass) {
  const ranges = variant.options.flatMap(({ name }, option) =>
    selector.mappings.filter((m) => m.label === name).map(({ lower, upper }) => ({ option, lower, upper })),
  );
  const search = (value: number | bigint) => ranges.find((r) => r.lower <= value && value <= r.upper)?.option ?? -1;
  const table = Int32Array.from({ length: TABLE_MAX }, (_, value) => search(value));
  return (value: number | bigint): number => {
    return typeof value === 'number' && value >= 0 && value < TABLE_MAX ? table[value]! : search(value);
  };
}
