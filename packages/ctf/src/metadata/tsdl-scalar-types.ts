import { ALIGN_BITS_MAX } from '../decode/packet-window.ts';
import { integerOf } from '../model/class-facts.ts';
import type {
  ByteOrder,
  EnumerationMapping,
  FieldClass,
  FloatFieldClass,
  IntegerFieldClass,
  StructureFieldClass,
} from '../model/field-class.ts';
import { visitFieldClasses } from '../model/field-class-walk.ts';
import type { Attribute, Expression, Specifier } from './tsdl-ast.ts';
import type { TsdlValues } from './tsdl-values.ts';

const FLOAT_BITS = [16, 32, 64, 128] as const;
const FLOAT_EXPONENT_BITS = { 16: 5, 32: 8, 64: 11, 128: 15 } as const;

/** Turns specifiers of numbers and texts into field classes, and checks the labels of enumerations. */
export class TsdlScalarTypes {
  readonly #values: TsdlValues;
  readonly #nativeByteOrder: ByteOrder;
  readonly #clockNames: ReadonlySet<string>;
  /** Clocks that types refer to in vain, and where. */
  readonly #unknownClocks = new Map<string, number>();

  constructor(values: TsdlValues, nativeByteOrder: ByteOrder, clockNames: ReadonlySet<string>) {
    this.#values = values;
    this.#nativeByteOrder = nativeByteOrder;
    this.#clockNames = clockNames;
  }

  integer({ attributes, at }: Specifier<'integer'>): IntegerFieldClass {
    const values = this.#values;
    let bits: number | undefined;
    let align: number | undefined;
    const optional: { clock?: string } = {};
    const rest: Pick<IntegerFieldClass, 'signed' | 'byteOrder' | 'base' | 'encoding'> = {
      signed: false,
      byteOrder: this.#nativeByteOrder,
      base: 10,
      encoding: 'none',
    };
    for (const { name, value, at } of this.#distinct(attributes)) {
      if (name === 'size') bits = this.#integerBits(value);
      else if (name === 'align') align = values.align(value, ALIGN_BITS_MAX);
      else if (name === 'signed') Object.assign(rest, { signed: values.boolean(value) });
      else if (name === 'byte_order')
        Object.assign(rest, { byteOrder: values.byteOrder(value, this.#nativeByteOrder) });
      else if (name === 'base') Object.assign(rest, { base: values.base(value) });
      else if (name === 'encoding') Object.assign(rest, { encoding: values.encoding(value) });
      else if (name === 'map') optional.clock = this.#clockName(value);
      else values.refuseUnknown(name, value, at);
    }
    if (bits === undefined) throw values.error('an integer needs a size', at);
    return { kind: 'integer', bits, align: align ?? (bits % 8 === 0 ? 8 : 1), ...rest, ...optional };
  }

  float({ attributes, at }: Specifier<'float'>): FloatFieldClass {
    const values = this.#values;
    let exponentBits: number | undefined;
    let mantissaBits: number | undefined;
    let align: number | undefined;
    let byteOrder = this.#nativeByteOrder;
    for (const { name, value, at } of this.#distinct(attributes)) {
      if (name === 'exp_dig') exponentBits = values.count(value);
      else if (name === 'mant_dig') mantissaBits = values.count(value);
      else if (name === 'align') align = values.align(value, ALIGN_BITS_MAX);
      else if (name === 'byte_order') byteOrder = values.byteOrder(value, this.#nativeByteOrder);
      else throw values.error(`floating point numbers have no attribute ${name}`, at);
    }
    if (exponentBits === undefined || mantissaBits === undefined) {
      throw values.error('a floating point number needs exp_dig and mant_dig', at);
    }
    const bits = FLOAT_BITS.find((b) => b === exponentBits + mantissaBits);
    if (bits === undefined || exponentBits !== FLOAT_EXPONENT_BITS[bits])
      throw values.unsupported('only IEEE 754 interchange formats can be read', at);
    return { kind: 'float', bits, align: align ?? 8, byteOrder };
  }

  string({ attributes }: Specifier<'string'>): FieldClass {
    let encoding: 'utf8' | 'ascii' = 'utf8';
    for (const { name, value, at } of this.#distinct(attributes)) {
      if (name !== 'encoding') throw this.#values.error(`strings have no attribute ${name}`, at);
      const given = this.#values.encoding(value);
      if (given !== 'none') encoding = given;
    }
    return { kind: 'string', encoding };
  }

  /** A label without a value has the value after the label before it. */
  mappings({ enumerators = [], at }: Specifier<'enum'>, { bits, signed }: IntegerFieldClass): EnumerationMapping[] {
    if (enumerators.length === 0) throw this.#values.error('an enumeration needs a label', at);
    const least = signed ? -(1n << BigInt(bits - 1)) : 0n;
    const most = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
    let next = 0n;
    return enumerators.map((enumerator) => {
      const lower = enumerator.lower === undefined ? next : this.#values.bigint(enumerator.lower);
      const upper = enumerator.upper === undefined ? lower : this.#values.bigint(enumerator.upper);
      if (lower > upper) throw this.#values.error(`the range of ${enumerator.label} is empty`, enumerator.at);
      if (lower < least || upper > most) {
        throw this.#values.error(`the range of ${enumerator.label} exceeds ${bits} bits`, enumerator.at);
      }
      next = upper + 1n;
      return { label: enumerator.label, lower, upper };
    });
  }

  /** A type may be of a clock that is not there, as long as no field is of that type. */
  refuseUnknownClocks(root: StructureFieldClass): void {
    if (this.#unknownClocks.size === 0) return;
    visitFieldClasses(root, (fieldClass) => {
      const { clock } = integerOf(fieldClass) ?? {};
      const at = clock === undefined ? undefined : this.#unknownClocks.get(clock);
      if (at !== undefined) throw this.#values.error(`there is no clock ${clock}`, at);
    });
  }

  #integerBits(value: Expression): number {
    const bits = this.#values.count(value);
    if (bits === 0) throw this.#values.error('an integer has at least one bit', value.at);
    if (bits > 64) throw this.#values.unsupported(`an integer of ${bits} bits`, value.at);
    return bits;
  }

  /** `clock.NAME.value` */
  #clockName(value: Expression): string {
    const words = this.#values.text(value).split('.');
    const [prefix, name, suffix] = words;
    if (words.length !== 3 || prefix !== 'clock' || suffix !== 'value' || name === undefined) {
      throw this.#values.error('a clock mapping is written clock.NAME.value', value.at);
    }
    if (!this.#clockNames.has(name)) this.#unknownClocks.set(name, value.at);
    return name;
  }

  #distinct(attributes: readonly Attribute[]): readonly Attribute[] {
    const names = new Set<string>();
    for (const { name, at } of attributes) {
      if (names.has(name)) throw this.#values.error(`there is a second ${name}`, at);
      names.add(name);
    }
    return attributes;
  }
}
