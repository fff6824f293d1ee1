import { unreachable } from '@ringtail/base';
import { type AnyInteger, alignmentOf, bitsMinOf, textEncodingOf, unitBytesOf, wordsOf } from '../model/class-facts.ts';
import { rangesByLabel } from '../model/enumeration.ts';
import type {
  BooleanFieldClass,
  DynamicArrayFieldClass,
  FieldClass,
  IntegerRange,
  OptionalFieldClass,
  StaticArrayFieldClass,
  StaticBlobFieldClass,
  StringFieldClass,
  StructureFieldClass,
  TextEncoding,
  VariantFieldClass,
} from '../model/field-class.ts';
import { contentPlace, elementPlace, memberPlace, optionPlace } from '../model/field-place.ts';
import { type Links, type Reference, type Store, storesWithin } from '../model/links.ts';
import { type Cursor, type ElementSize, UNSET } from './cursor.ts';
import { floatDecoder } from './float-decoder.ts';
import { integerDecoder } from './integer-decoder.ts';
import { rangeSearch } from './range-search.ts';
import { type FieldDecoder, membersDecoder, membersSkipper } from './structure-decoder.ts';
import { nullCharacterAt, textDecoderFor } from './text.ts';
import { type FieldValue, VariantValue } from './values.ts';
import { variableIntegerDecoder } from './variable-integer-decoder.ts';

/** The context in which the decoders of one scope are compiled. */
export interface DecoderContext {
  /** Where dependent fields find their targets: first the scope's own links, then those of earlier scopes. */
  readonly links: readonly Links[];
  /** False where only the roles of the fields matter, not their values. */
  readonly keepValues: boolean;
  /** Another effect of an integer's value: it fills a role, or sets the clock. */
  effectOf(fieldClass: AnyInteger): ((cursor: Cursor, value: number | bigint) => void) | undefined;
}

/**
 * Compiles a field class into a function that decodes one field at a cursor.
 *
 * The class decides everything here, once: byte order, alignment, signs, the source of a length, the place in error
 * messages.
 *
 * @param place the scope and the names that lead to the field
 */
export function fieldDecoder(fieldClass: FieldClass, place: string, context: DecoderContext): FieldDecoder {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
      return integerField(fieldClass, place, context);
    case 'enumeration':
      return integerField(fieldClass.container, place, context);
    case 'float':
      return floatDecoder(fieldClass, place);
    case 'boolean':
      return booleanField(fieldClass, place, context);
    case 'bit-array':
      return integerDecoder({ ...fieldClass, signed: false }, place);
    case 'string':
      return stringDecoder(fieldClass, place);
    case 'structure':
      return structureDecoder(fieldClass, place, context);
    case 'static-array':
      return arrayDecoder(fieldClass, place, context, () => fieldClass.length);
    case 'dynamic-array':
      return arrayDecoder(fieldClass, place, context, lengthAt(place, context));
    case 'dynamic-blob':
      return blobDecoder(place, lengthAt(place, context));
    case 'static-blob':
      return staticBlobDecoder(fieldClass, place);
    case 'optional':
      return optionalDecoder(fieldClass, place, context);
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

function integerField(fieldClass: AnyInteger, place: string, context: DecoderContext): FieldDecoder {
  const read =
    fieldClass.kind === 'integer' ? integerDecoder(fieldClass, place) : variableIntegerDecoder(fieldClass, place);
  const effect = context.effectOf(fieldClass);
  const stores = storesAt(place, context);
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

function storesAt(place: string, { links }: DecoderContext): readonly Store[] | undefined {
  return links.map(({ targets }) => targets.get(place)).find((stores) => stores !== undefined);
}

function booleanField(fieldClass: BooleanFieldClass, place: string, context: DecoderContext): FieldDecoder {
  const read = integerDecoder({ ...fieldClass, signed: false }, place);
  const stores = storesAt(place, context) ?? [];
  return (cursor) => {
    const value = Number(read(cursor)) !== 0;
    for (const { slot, index } of stores) cursor.slots[slot] = index ?? Number(value);
    return value;
  };
}

/**
 * Null characters are as long as the units of the encoding, and lie at multiples of them from the start of the text.
 */
function stringDecoder({ encoding }: StringFieldClass, place: string): FieldDecoder {
  const unitBytes = unitBytesOf(encoding);
  const decode = textDecoderFor(encoding);
  return (cursor) => {
    cursor.align(8);
    if (cursor.at > cursor.end) cursor.short(place);
    const start = cursor.at >>> 3;
    const end = nullCharacterAt(cursor.bytes, start, cursor.bytes.length, unitBytes);
    if ((end + unitBytes) * 8 > cursor.end) cursor.short(place);
    cursor.at = (end + unitBytes) * 8;
    return decode(cursor.bytes, start, end);
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

function lengthAt(place: string, context: DecoderContext): LengthOf {
  const { slot } = referenceOf(place, context);
  return (cursor) => cursor.slots[slot] ?? UNSET;
}

function arrayDecoder(
  fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass,
  place: string,
  context: DecoderContext,
  lengthOf: LengthOf,
): FieldDecoder {
  const { element } = fieldClass;
  const encoding = textEncodingOf(element);
  if (encoding !== undefined) return textDecoder(encoding, place, lengthOf);
  const decode = fieldDecoder(element, elementPlace(place), context);
  const align = alignmentOf(fieldClass);
  const { keepValues: keepsValues } = context;
  const size = { bitsMin: bitsMinOf(element), words: keepsValues ? wordsOf(element) : 0 };
  return (cursor) => {
    cursor.align(align);
    const length = cursor.elementCount(lengthOf(cursor), size, place);
    const values = new Array<FieldValue>(keepsValues ? length : 0);
    for (let i = 0; i < length; i++) {
      const value = decode(cursor);
      if (keepsValues) values[i] = value;
    }
    return values;
  };
}

/** The bytes of a text or a BLOB are no elements of its value. */
const BYTE: ElementSize = { bitsMin: 8, words: 0 };

/** Text ends at its first null character, or with the array. */
function textDecoder(encoding: TextEncoding, place: string, lengthOf: LengthOf): FieldDecoder {
  const unitBytes = unitBytesOf(encoding);
  const decode = textDecoderFor(encoding);
  return (cursor) => {
    cursor.align(8);
    const length = cursor.elementCount(lengthOf(cursor), BYTE, place);
    const start = cursor.at >>> 3;
    cursor.at += length * 8;
    return decode(cursor.bytes, start, nullCharacterAt(cursor.bytes, start, start + length, unitBytes));
  };
}

function blobDecoder(place: string, lengthOf: LengthOf): (cursor: Cursor) => Uint8Array {
  return (cursor) => {
    cursor.align(8);
    const length = cursor.elementCount(lengthOf(cursor), BYTE, place);
    const start = cursor.at >>> 3;
    cursor.at += length * 8;
    // Of a `Buffer`, `slice` would be a view.
    return new Uint8Array(cursor.bytes.subarray(start, start + length));
  };
}

function staticBlobDecoder({ length, roles }: StaticBlobFieldClass, place: string): FieldDecoder {
  const decode = blobDecoder(place, () => length);
  if (roles === undefined) return decode;
  return (cursor) => {
    const uuid = decode(cursor);
    cursor.roles.metadataUuid = uuid;
    return uuid;
  };
}

function optionalDecoder(fieldClass: OptionalFieldClass, place: string, context: DecoderContext): FieldDecoder {
  const { slot } = referenceOf(place, context);
  const decode = fieldDecoder(fieldClass.content, contentPlace(place), context);
  const forget = forgetWithin(place, context);
  const { ranges } = fieldClass;
  const isThere = (selector: number | bigint) =>
    ranges === undefined ? selector !== 0 : ranges.some(({ lower, upper }) => lower <= selector && selector <= upper);
  return (cursor) => {
    const selector = cursor.slots[slot] ?? UNSET;
    if (Number.isNaN(selector)) throw cursor.error('UNSET_REFERENCE', 'the selector did not occur before', place);
    if (isThere(selector)) return decode(cursor);
    forget?.(cursor);
    return undefined;
  };
}

/** Makes the values of fields within an optional or variant field unknown, where the field does not occur. */
function forgetWithin(place: string, { links }: DecoderContext): ((cursor: Cursor) => void) | undefined {
  const slots = links.flatMap((some) => storesWithin(place, some)).map(({ slot }) => slot);
  if (slots.length === 0) return undefined;
  return (cursor) => {
    for (const slot of slots) cursor.slots[slot] = UNSET;
  };
}

function variantDecoder(fieldClass: VariantFieldClass, place: string, context: DecoderContext): FieldDecoder {
  const { slot, targets, targetSlot } = referenceOf(place, context);
  const decoders = fieldClass.options.map((o, i) => fieldDecoder(o.fieldClass, optionPlace(place, o.name, i), context));
  const selects = targets.map((target) => optionSelector(fieldClass, target));
  const forget = forgetWithin(place, context);
  const [only] = selects;
  return (cursor) => {
    const selector = cursor.slots[slot] ?? UNSET;
    if (Number.isNaN(selector)) throw cursor.error('UNSET_REFERENCE', 'the selector did not occur before', place);
    const select = targetSlot === undefined ? only! : selects[Number(cursor.slots[targetSlot])]!;
    const option = select(selector);
    if (option === -1) throw cursor.error('NO_VARIANT_OPTION', `no option for the selector value ${selector}`, place);
    forget?.(cursor);
    const value = decoders[option]!(cursor);
    return context.keepValues ? new VariantValue(option, value) : value;
  };
}

/** Up to this number of selector values, a table maps each value to its option. */
const TABLE_MAX = 256;

function optionSelector(variant: VariantFieldClass, selector: Reference['targets'][number]) {
  const ofLabels = selector.kind === 'enumeration' ? rangesByLabel(selector) : undefined;
  const ranges = variant.options.flatMap((o, meaning) => {
    const own: readonly IntegerRange[] = o.ranges ?? ofLabels?.get(o.name) ?? [];
    return own.map(({ lower, upper }) => ({ meaning, lower, upper }));
  });
  const search = rangeSearch(ranges);
  const table = Int32Array.from({ length: TABLE_MAX }, (_, value) => search(value));
  return (value: number | bigint): number => {
    return typeof value === 'number' && value >= 0 && value < TABLE_MAX ? table[value]! : search(value);
  };
}
