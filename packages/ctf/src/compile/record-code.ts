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
import type { Links, Reference, Store } from '../model/link.ts';
import { elementPlace, memberPlace, optionPlace, storesWithin } from '../model/link.ts';
import { type CodeWriter, NotCompilable } from './code-writer.ts';

/** An integer that generated code has read: the names of its variables. */
export type IntegerCode =
  | { readonly width: 'word'; readonly name: string }
  /** `high` is signed where the integer is; `low` is unsigned. */
  | { readonly width: 'two-words'; readonly high: string; readonly low: string };

/** What a scope of fields is compiled for. */
export interface RecordCodeContext {
  readonly links: readonly Links[];
  /** The statement that gives the record up, so that the general decoder takes it. */
  readonly giveUp: string;
  /** Takes integers with a role or a clock; without it, such fields are left to the general decoder. */
  readonly onFormatInteger?: (fieldClass: IntegerFieldClass, code: IntegerCode) => void;
  /** The general decoder of a field. */
  decoderOf(fieldClass: FieldClass, place: string): FieldDecoder;
}

/**
 * Writes the code that reads the fields of a record, one after the other.
 *
 * The code uses `u8` and `dv` (the window), `p` (position in bytes), `end`, `slots` and `cursor`. Fields of fixed size
 * are read at constant offsets from `p`, after one check of their common bound. Whatever is out of the ordinary
 * gives the record up, before anything of it has had an effect.
 */
export class RecordCode {
  readonly #code: CodeWriter;
  readonly #context: RecordCodeContext;
  /** Bits from `p` to the next field. */
  #offset = 0;
  /** What `p` is known to be a multiple of, in bytes, on every way that leads here. */
  #alignBytes = 1;
  /** The line that will check the bound of the fields since `p`. */
  #boundLine = -1;
  #lastBitFieldIsLittleEndian = true;
  /** How many arrays and variants enclose the code that is being written. */
  #depth = 0;
  /** Variables that hold what is in a slot, where the code behind cannot come past them. */
  readonly #slotNames = new Map<number, string>();

  constructor(code: CodeWriter, context: RecordCodeContext) {
    this.#code = code;
    this.#context = context;
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
    this.#align(alignmentOf(fieldClass));
    const length = this.#lengthOf(fieldClass, place);
    this.#flush();
    this.#code.line(`if (${length} > (end - p) / ${bytes}) ${this.#context.giveUp}`);
    this.#code.line(`p += ${length} * ${bytes};`);
    while (bytes % this.#alignBytes !== 0) this.#alignBytes /= 2;
  }

  /** Size of numbers that follow each other without gaps, and on which nothing depends; undefined for other elements. */
  elementBytes(element: FieldClass, place: string): number | undefined {
    const field = element.kind === 'enumeration' ? element.container : element;
    if (field.kind !== 'integer' && field.kind !== 'float') return undefined;
    if (field.bitsReversed || field.bits % 8 !== 0 || field.bits % field.align !== 0) return undefined;
    if (storesAt(this.#context.links, place).length > 0 || containsFormatInteger(element)) return undefined;
    return field.bits / 8;
  }

  integer(fieldClass: IntegerFieldClass, place: string): IntegerCode {
    const code = this.#read(fieldClass, fieldClass.signed);
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
    this.#align(align);
    if (this.#offset % 8 !== 0 || (bits !== 32 && bits !== 64)) throw new NotCompilable('an odd floating point number');
    const at = this.#take(bits);
    return this.#code.local('f', `dv.getFloat${bits}(${at}, ${byteOrder === 'le'})`);
  }

  /** @returns the name of an integer that is 0 where the boolean is false */
  boolean(fieldClass: BitField, place: string): IntegerCode {
    if (storesAt(this.#context.links, place).length > 0) throw new NotCompilable('a boolean selector');
    return this.#read(fieldClass, false);
  }

  /** Aligns to the next structure. */
  structure(fieldClass: StructureFieldClass): void {
    this.#align(alignmentOf(fieldClass));
  }

  /** Brings `p` to the start of a field of bytes, which the caller's code then advances past it. */
  bytes(): void {
    this.#align(8);
    this.#flush();
    this.#alignBytes = 1;
  }

  /**
   * Reads past a text of single bytes up to its null character. The last bytes of a window are left to the general decoder.
   *
   * @returns the names of where it starts and ends
   */
  nullTerminated(): { readonly start: string; readonly end: string } {
    this.bytes();
    const code = this.#code;
    const start = code.local('start', 'p');
    const words = code.local('words', 'u8.length - 4');
    // Four bytes at once: only a word with a zero byte has a bit set in `zeros`, the lowest one in the first such byte.
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
    this.#align(alignmentOf(fieldClass));
    const length = this.#lengthOf(fieldClass, place);
    this.bytes();
    this.#code.line(`if (${length} > end - p) ${this.#context.giveUp}`);
    return length;
  }

  /** Reads an array: `element` writes the code for one, with the name of its index; `begin` for before, with the length's. */
  array(
    fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass,
    place: string,
    element: (index: string) => void,
    begin: (length: string) => void = () => {},
  ): string {
    if (bitsMinOf(fieldClass.element) === 0) throw new NotCompilable('elements without size');
    this.#align(alignmentOf(fieldClass));
    const length = this.#lengthOf(fieldClass, place);
    this.#flush();
    const alignBytes = this.#alignBytes;
    begin(length);
    const index = this.#code.fresh('i');
    this.#code.line(`for (let ${index} = 0; ${index} < ${length}; ${index}++) {`);
    // An element also starts where the one before it ends, and there may be none.
    this.#alignBytes = 1;
    this.#depth++;
    element(index);
    this.#depth--;
    this.#flush();
    this.#alignBytes = Math.min(alignBytes, this.#alignBytes);
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
    this.#flushWholeBytes();
    // An option may start within the byte in which the field before it ends.
    const [offset, alignBytes, le] = [this.#offset, this.#alignBytes, this.#lastBitFieldIsLittleEndian];
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
      [this.#offset, this.#alignBytes, this.#lastBitFieldIsLittleEndian] = [offset, alignBytes, le];
      this.#depth++;
      option(index);
      this.#depth--;
      this.#flush();
      this.#code.line('} else');
    }
    this.#code.line(this.#context.giveUp);
    this.#offset = 0;
    this.#alignBytes = 1;
  }

  /** Leaves a field to the general decoder. @returns the name of its value */
  general(fieldClass: FieldClass, place: string): string {
    if (containsFormatInteger(fieldClass)) throw new NotCompilable('an integer with a role or a clock');
    this.#align(Math.min(alignmentOf(fieldClass), 8));
    this.#flush();
    const decode = this.#code.constant('decode', attempting(this.#context.decoderOf(fieldClass, place)));
    const value = this.#code.local('g', `${decode}(cursor, p)`);
    this.#code.line(`if (${value} === ${this.#code.constant('gaveUp', GAVE_UP)}) ${this.#context.giveUp}`);
    this.#code.line('p = cursor.at / 8;');
    this.#alignBytes = 1;
    return value;
  }

  /** Brings `p` to the end of the record. */
  finish(): void {
    this.#flush();
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
    // NaN stands for what did not occur.
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

  #read(field: BitField, signed: boolean): IntegerCode {
    requireOrdinary(field);
    const { bits, align, byteOrder } = field;
    const le = byteOrder === 'le';
    this.#align(align);
    const isWhole = this.#offset % 8 === 0 && (bits === 8 || bits === 16 || bits === 32 || bits === 64);
    if (align % 8 !== 0 || !isWhole) this.#noteBitField(le);
    if (!isWhole) return { width: 'word', name: this.#bitField(bits, le, signed) };
    if (bits === 64) {
      const first = this.#take(32);
      const second = this.#take(32);
      const [highAt, lowAt] = le ? [second, first] : [first, second];
      const high = this.#code.local('h', `dv.get${signed ? 'Int' : 'Uint'}32(${highAt}, ${le})`);
      const low = this.#code.local('l', `dv.getUint32(${lowAt}, ${le})`);
      return { width: 'two-words', high, low };
    }
    const at = this.#take(bits);
    const expression =
      bits === 8 && !signed
        ? `u8[${at}]`
        : `dv.get${signed ? 'Int' : 'Uint'}${bits}(${at}${bits === 8 ? '' : `, ${le}`})`;
    return { width: 'word', name: this.#code.local('v', expression) };
  }

  #noteBitField(le: boolean): void {
    if (this.#offset % 8 !== 0 && this.#lastBitFieldIsLittleEndian !== le) {
      throw new NotCompilable('the byte order changes within a byte');
    }
    this.#lastBitFieldIsLittleEndian = le;
  }

  /** Up to 32 bits in up to four bytes. */
  #bitField(bits: number, le: boolean, signed: boolean): string {
    const skipped = this.#offset % 8;
    const count = Math.ceil((skipped + bits) / 8);
    if (bits > 32 || count > 4) throw new NotCompilable('a bit field in more than four bytes');
    const first = (this.#offset - skipped) / 8;
    this.#take(bits);
    const parts = Array.from({ length: count }, (_, i) => {
      const shift = 8 * (le ? i : count - 1 - i);
      return `u8[p + ${first + i}]${shift === 0 ? '' : ` << ${shift}`}`;
    });
    const shift = le ? skipped : 8 * count - skipped - bits;
    const whole = `(${parts.join(' | ')})`;
    if (signed) return this.#code.local('v', `${whole} << ${32 - bits - shift} >> ${32 - bits}`);
    const shifted = `${whole} >>> ${shift}`;
    return this.#code.local('v', bits === 32 ? shifted : `${shifted} & ${2 ** bits - 1}`);
  }

  #align(bits: number): void {
    this.#offset = Math.ceil(this.#offset / Math.min(bits, 8)) * Math.min(bits, 8);
    if (bits <= 8) return;
    const bytes = bits / 8;
    if (this.#alignBytes < bytes) {
      this.#flush();
      this.#code.line(`p = (p + ${bytes - 1}) & ${-bytes};`);
      this.#alignBytes = bytes;
    } else {
      this.#offset = Math.ceil(this.#offset / bits) * bits;
    }
  }

  /** Takes the next bits and returns the position of their first byte. */
  #take(bits: number): string {
    if (this.#boundLine === -1) this.#boundLine = this.#code.line('');
    const bytes = Math.floor(this.#offset / 8);
    this.#offset += bits;
    return bytes === 0 ? 'p' : `p + ${bytes}`;
  }

  #flush(): void {
    if (this.#offset % 8 !== 0) throw new NotCompilable('fields that end within a byte');
    this.#flushWholeBytes();
  }

  #flushWholeBytes(): void {
    const rest = this.#offset % 8;
    const bytes = (this.#offset - rest) / 8;
    if (this.#boundLine !== -1) {
      this.#code.replace(this.#boundLine, `if (p + ${bytes + Math.sign(rest)} > end) ${this.#context.giveUp}`);
      this.#boundLine = -1;
    }
    if (bytes > 0) this.#code.line(`p += ${bytes};`);
    while (bytes % this.#alignBytes !== 0) this.#alignBytes /= 2;
    this.#offset = rest;
  }
}

/** Of four bytes in `word`, an expression that has bits set where one is zero, the lowest of them in the first such byte. */
export const ZERO_BYTES = '(word - 0x1010101) & ~word & 0x80808080';

/** Which of the four bytes it is, from what `ZERO_BYTES` gives unless that is 0. */
export function firstZeroByte(zeros: string): string {
  return `((31 - Math.clz32(${zeros} & ~(${zeros} - 1))) >> 3)`;
}

const GAVE_UP = Symbol('the field could not be decoded here');

/** A decoder that answers so where it cannot decode: the general way will say why. */
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

function requireOrdinary({ bitsReversed }: BitField): void {
  if (bitsReversed) throw new NotCompilable('reversed bits');
}

function storesAt(links: readonly Links[], place: string): readonly Store[] {
  for (const { targets } of links) {
    const stores = targets.get(place);
    if (stores !== undefined) return stores;
  }
  return [];
}

function isFormatInteger({ clock, roles }: { readonly clock?: string; readonly roles?: readonly unknown[] }): boolean {
  return clock !== undefined || (roles !== undefined && roles.length > 0);
}

function containsFormatInteger(fieldClass: FieldClass): boolean {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
      return isFormatInteger(fieldClass);
    case 'enumeration':
      return isFormatInteger(fieldClass.container);
    case 'structure':
      return fieldClass.members.some((m) => containsFormatInteger(m.fieldClass));
    case 'static-array':
    case 'dynamic-array':
      return containsFormatInteger(fieldClass.element);
    case 'optional':
      return containsFormatInteger(fieldClass.content);
    case 'variant':
      return fieldClass.options.some((o) => containsFormatInteger(o.fieldClass));
    default:
      return false;
  }
}

/** The selector's values with which an option is selected and no option before it. */
function optionRanges({ options }: VariantFieldClass, index: number, selector: FieldClass) {
  const { name, ranges } = options[index]!;
  if (ranges !== undefined) return ranges;
  return selector.kind === 'enumeration' ? selector.mappings.filter(({ label }) => label === name) : [];
}

/** A bound beyond what a number holds exactly is never reached by one that is exact. */
function numberText(value: bigint): string {
  return String(Number(value));
}
