import { RingtailError } from '@ringtail/base';
import { type Cursor, NEED_MORE } from '../decode/cursor.ts';
import type { FieldDecoder } from '../decode/structure-decoder.ts';
import type { FieldValue } from '../decode/values.ts';
import { alignmentOf, bitsMinOf, isTextElement, unitBytesOf } from '../model/class-facts.ts';
import type {
  BitField,
  DynamicArrayFieldClass,
  EnumerationFieldClass,
  FieldClass,
  FloatFieldClass,
  IntegerFieldClass,
  StaticArrayFieldClass,
  StructureFieldClass,
  VariantFieldClass,
} from '../model/field-class.ts';
import { elementPlace, memberPlace, optionPlace } from '../model/field-place.ts';
import type { Links, Reference, Store } from '../model/links.ts';
import { storesWithin } from '../model/links.ts';
import { type CodeWriter, NotCompilable } from './code-writer.ts';
import { containsFormatInteger, isFormatInteger } from './format-integer.ts';
import { type IntegerCode, PositionCode, requireOrdinary } from './position-code.ts';
import { firstZeroByte, ZERO_BYTES } from './zero-bytes.ts';

/** The context in which a scope of fields is compiled. */
export interface RecordCodeContext {
  readonly links: readonly Links[];
  /** The statement that leaves the record to the general decoder. */
  readonly giveUp: string;
  /** Receives integers with a role or a clock. Without it, the general decoder reads such fields. */
  readonly onFormatInteger?: (fieldClass: IntegerFieldClass, code: IntegerCode) => void;
  /** The general decoder of a field. */
  decoderOf(fieldClass: FieldClass, place: string): FieldDecoder;
}

/**
 * Writes the code that reads the fields of a record, one after the other.
 *
 * The code uses `u8` and `dv` (the window), `p` (position in bytes), `end`, `slots` and `cursor`. Fields of fixed size
 * are read at constant offsets from `p`, after one check of their common bound. The code gives an unusual record up
 * before any field has had an effect.
 */
export class RecordCode {
  readonly #code: CodeWriter;
  readonly #context: RecordCodeContext;
  readonly #position: PositionCode;
  /** How many arrays and variants enclose the code that is being written. */
  #depth = 0;
  /** Variables with the value of a slot, where the code cannot have skipped them. */
  readonly #slotNames = new Map<number, string>();

  constructor(code: CodeWriter, context: RecordCodeContext) {
    this.#code = code;
    this.#context = context;
    this.#position = new PositionCode(code, context.giveUp);
  }

  /** Reads past a field without a use for its value. */
  skip(fieldClass: FieldClass, place: string): void {
    switch (fieldClass.kind) {
      case 'integer':
        this.integer(fieldClass, place);
        break;
      case 'enumeration':
        this.integer(containerOf(fieldClass), place);
        break;
      case 'float':
        if (fieldClass.bits === 32 || fieldClass.bits === 64) this.float(fieldClass);
        else this.general(fieldClass, place);
        break;
      case 'structure':
        this.structure(fieldClass);
        for (const { name, fieldClass: memberClass } of fieldClass.members)
          this.skip(memberClass, memberPlace(place, name));
        break;
      case 'static-array':
      case 'dynamic-array':
        this.#skipArray(fieldClass, place);
        break;
      case 'variant':
        this.variant(fieldClass, place, (option) => {
          const { name, fieldClass: optionClass } = fieldClass.options[option]!;
          this.skip(optionClass, optionPlace(place, name, option));
        });
        break;
      case 'string':
        if (unitBytesOf(fieldClass.encoding) === 1) this.nullTerminated();
        else this.general(fieldClass, place);
        break;
      default:
        this.general(fieldClass, place);
    }
  }

  #skipArray(fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass, place: string): void {
    const { element } = fieldClass;
    const bytes = this.elementBytes(element, elementPlace(place));
    if (bytes === undefined) {
      this.general(fieldClass, place);
      return;
    }
    this.#position.align(alignmentOf(fieldClass));
    const length = this.#lengthOf(fieldClass, place);
    this.#position.flush();
    this.#code.line(`if (${length} > (end - p) / ${bytes}) ${this.#context.giveUp}`);
    this.#code.line(`p += ${length} * ${bytes};`);
    this.#position.passed(bytes);
  }

  /**
   * Size of numbers that follow each other without gaps, and on which nothing depends; undefined for other elements.
   */
  elementBytes(element: FieldClass, place: string): number | undefined {
    const field = element.kind === 'enumeration' ? element.container : element;
    if (field.kind !== 'integer' && field.kind !== 'float') return undefined;
    if (field.bitsReversed || field.bits % 8 !== 0 || field.bits % field.align !== 0) return undefined;
    if (storesAt(this.#context.links, place).length > 0 || containsFormatInteger(element)) return undefined;
    return field.bits / 8;
  }

  integer(fieldClass: IntegerFieldClass, place: string): IntegerCode {
    const code = this.#position.read(fieldClass, fieldClass.signed);
    for (const store of storesAt(this.#context.links, place)) this.#store(store, code, fieldClass.signed);
    if (isFormatInteger(fieldClass)) {
      const { onFormatInteger } = this.#context;
      if (onFormatInteger === undefined) throw new NotCompilable('an integer with a role or a clock');
      onFormatInteger(fieldClass, code);
    }
    return code;
  }

  /** @returns the name of a number */
  float(fieldClass: FloatFieldClass): string {
    const { bits, align, byteOrder } = fieldClass;
    requireOrdinary(fieldClass);
    this.#position.align(align);
    if (this.#position.isWithinByte || (bits !== 32 && bits !== 64))
      throw new NotCompilable('an odd floating point number');
    const at = this.#position.take(bits);
    return this.#code.local('f', `dv.getFloat${bits}(${at}, ${byteOrder === 'le'})`);
  }

  /** @returns the name of an integer that is 0 where the boolean is false */
  boolean(fieldClass: BitField, place: string): IntegerCode {
    if (storesAt(this.#context.links, place).length > 0) throw new NotCompilable('a boolean selector');
    return this.#position.read(fieldClass, false);
  }

  /** Aligns to the next structure. */
  structure(fieldClass: StructureFieldClass): void {
    this.#position.align(alignmentOf(fieldClass));
  }

  /** Brings `p` to the start of a field of bytes, which the caller's code then advances past it. */
  bytes(): void {
    this.#position.bytes();
  }

  /**
   * Reads past a text of single bytes up to its null character. The last bytes of a window are left to the general
   * decoder.
   *
   * @returns the names of where it starts and ends
   */
  nullTerminated(): { readonly start: string; readonly end: string } {
    this.bytes();
    const code = this.#code;
    const start = code.local('start', 'p');
    const words = code.local('words', 'u8.length - 4');
    // Four bytes at once: `zeros` has a bit set only if a byte of the word is zero, and its lowest bit is in the first
    // such byte.
    code.line('for (;;) {');
    code.line(`if (p > ${words}) ${this.#context.giveUp}`);
    code.line(`const word = dv.getInt32(p, true), zeros = ${ZERO_BYTES};`);
    code.line(`if (zeros !== 0) { p += ${firstZeroByte('zeros')}; break; }`);
    code.line('p += 4;');
    code.line('}');
    code.line(`if (p >= end) ${this.#context.giveUp}`);
    const end = code.local('textEnd', 'p++');
    return { start, end };
  }

  /** As `bytes`, for text of known length. @returns the name of the length */
  textArray(fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass, place: string): string {
    if (!isTextElement(fieldClass.element)) throw new NotCompilable('no text');
    this.#position.align(alignmentOf(fieldClass));
    const length = this.#lengthOf(fieldClass, place);
    this.bytes();
    this.#code.line(`if (${length} > end - p) ${this.#context.giveUp}`);
    return length;
  }

  /**
   * Reads an array. `begin` writes code before the elements, with the name of the length; `element` writes the code
   * for one element, with the name of its index.
   */
  array(
    fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass,
    place: string,
    element: (index: string) => void,
    begin: (length: string) => void = () => {},
  ): string {
    if (bitsMinOf(fieldClass.element) === 0) throw new NotCompilable('elements without size');
    this.#position.align(alignmentOf(fieldClass));
    const length = this.#lengthOf(fieldClass, place);
    this.#position.flush();
    const alignBytes = this.#position.alignBytes;
    begin(length);
    const index = this.#code.fresh('i');
    this.#code.line(`for (let ${index} = 0; ${index} < ${length}; ${index}++) {`);
    // An element also starts where the one before it ends, and there may be none.
    this.#position.alignBytes = 1;
    this.#depth++;
    element(index);
    this.#depth--;
    this.#position.flush();
    this.#position.alignBytes = Math.min(alignBytes, this.#position.alignBytes);
    this.#code.line('}');
    return length;
  }

  /** Reads a variant: `option` writes the code for one. */
  variant(fieldClass: VariantFieldClass, place: string, option: (index: number) => void): void {
    const reference = this.#referenceOf(place);
    if (reference.targetSlot !== undefined) throw new NotCompilable('a selector with several places');
    if (this.#context.links.some((links) => storesWithin(place, links).length > 0))
      throw new NotCompilable('a variant that others depend on');
    const [target] = reference.targets;
    const goBack = this.#position.branch();
    const selector = this.#slotValue(reference.slot);
    for (const index of fieldClass.options.keys()) {
      const ranges = optionRanges(fieldClass, index, target as FieldClass);
      if (ranges.length === 0) continue;
      const conditions = ranges.map(({ lower, upper }) =>
        lower === upper
          ? `${selector} === ${numberText(lower)}`
          : `(${selector} >= ${numberText(lower)} && ${selector} <= ${numberText(upper)})`,
      );
      this.#code.line(`if (${conditions.join(' || ')}) {`);
      goBack();
      this.#depth++;
      option(index);
      this.#depth--;
      this.#position.flush();
      this.#code.line('} else');
    }
    this.#code.line(this.#context.giveUp);
    this.#position.join();
  }

  /** Leaves a field to the general decoder. @returns the name of its value */
  general(fieldClass: FieldClass, place: string): string {
    if (containsFormatInteger(fieldClass)) throw new NotCompilable('an integer with a role or a clock');
    this.#position.align(Math.min(alignmentOf(fieldClass), 8));
    this.#position.flush();
    const decode = this.#code.constant('decode', attempting(this.#context.decoderOf(fieldClass, place)));
    const value = this.#code.local('g', `${decode}(cursor, p)`);
    this.#code.line(`if (${value} === ${this.#code.constant('gaveUp', GAVE_UP)}) ${this.#context.giveUp}`);
    this.#code.line('p = cursor.at / 8;');
    this.#position.alignBytes = 1;
    return value;
  }

  /** Brings `p` to the end of the record. */
  finish(): void {
    this.#position.flush();
  }

  #lengthOf(fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass, place: string): string {
    if (fieldClass.kind === 'static-array') return String(fieldClass.length);
    const { slot, targetSlot } = this.#referenceOf(place);
    if (targetSlot !== undefined) throw new NotCompilable('a length with several places');
    return this.#slotValue(slot);
  }

  /** @returns the name of a number */
  #slotValue(slot: number): string {
    const known = this.#slotNames.get(slot);
    if (known !== undefined) return known;
    const value = this.#code.local('s', `slots[${slot}]`);
    // NaN stands for a field that did not occur.
    this.#code.line(`if (typeof ${value} !== 'number' || Number.isNaN(${value})) ${this.#context.giveUp}`);
    return value;
  }

  #referenceOf(place: string): Reference {
    for (const { references } of this.#context.links) {
      const reference = references.get(place);
      if (reference !== undefined) return reference;
    }
    throw new NotCompilable('not linked');
  }

  #store({ slot, index }: Store, code: IntegerCode, signed: boolean): void {
    if (index !== undefined) {
      this.#code.line(`slots[${slot}] = ${index};`);
    } else if (code.width === 'word') {
      this.#code.line(`slots[${slot}] = ${code.name};`);
      if (this.#depth === 0) this.#slotNames.set(slot, code.name);
    } else {
      const value = this.#code.local('w', `${code.high} * 4294967296 + ${code.low}`);
      const [lower, upper] = signed ? ['-9007199254740991', '9007199254740991'] : ['0', '9007199254740991'];
      this.#code.line(`if (!(${value} >= ${lower} && ${value} <= ${upper})) ${this.#context.giveUp}`);
      this.#code.line(`slots[${slot}] = ${value};`);
    }
  }
}

const GAVE_UP = Symbol('the field could not be decoded here');

/** A decoder that answers `GAVE_UP` where it cannot decode. The general decoder then reports why. */
function attempting(decode: FieldDecoder): (cursor: Cursor, positionBytes: number) => FieldValue | typeof GAVE_UP {
  return (cursor, positionBytes) => {
    cursor.at = positionBytes * 8;
    const { emptyElements } = cursor;
    cursor.elementWords = 0;
    try {
      const value = decode(cursor);
      if (cursor.at % 8 === 0 && cursor.at <= cursor.end) return value;
    } catch (error) {
      if (error !== NEED_MORE && !(error instanceof RingtailError)) throw error;
    }
    cursor.emptyElements = emptyElements;
    return GAVE_UP;
  };
}

/** The fixed-length integer that stores an enumeration. */
export function containerOf({ container }: EnumerationFieldClass): IntegerFieldClass {
  if (container.kind !== 'integer') throw new NotCompilable('an enumeration of variable length');
  return container;
}

function storesAt(links: readonly Links[], place: string): readonly Store[] {
  for (const { targets } of links) {
    const stores = targets.get(place);
    if (stores !== undefined) return stores;
  }
  return [];
}

/** The selector's values with which an option is selected and no option before it. */
function optionRanges({ options }: VariantFieldClass, index: number, selector: FieldClass) {
  const { name, ranges } = options[index]!;
  if (ranges !== undefined) return ranges;
  return selector.kind === 'enumeration' ? selector.mappings.filter(({ label }) => label === name) : [];
}

/** A bound that a number does not hold exactly is never reached by an exact value. */
function numberText(value: bigint): string {
  return String(Number(value));
}
