import {
  type ByteOrder,
  type FieldClass,
  type FieldValue,
  type FloatFieldClass,
  type IntegerFieldClass,
  type TextEncoding,
  type VariableIntegerFieldClass,
  VariantValue,
} from '@ringtail/ctf';
import { type RandomClasses, randomIn } from './random-classes.ts';
import { TEXTS } from './random-value.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A packet that is written bit by bit. Skipped bits are random, since readers must ignore them. */
export class BitPacket {
  /** Bits written. */
  at = 0;
  #bytes = new Uint8Array(0);
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  align(bits: number): void {
    while (this.at % bits !== 0) this.at++;
    this.#makeRoom(0);
  }

  /** Little-endian fields fill bytes from the low end, big-endian ones from the high end. */
  put(value: bigint, bits: number, byteOrder: ByteOrder, bitsReversed = false): void {
    this.#makeRoom(bits);
    const le = byteOrder === 'le';
    const lowestFirst = le !== bitsReversed;
    const digits = BigInt.asUintN(bits, value).toString(2).padStart(bits, '0');
    for (let i = 0; i < bits; i++) {
      const bit = digits[lowestFirst ? bits - 1 - i : i] === '1';
      const place = this.at % 8;
      const mask = le ? 1 << place : 0x80 >> place;
      const byte = (this.at - place) / 8;
      this.#bytes[byte] = bit ? this.#bytes[byte]! | mask : this.#bytes[byte]! & ~mask;
      this.at++;
    }
  }

  putBytes(bytes: Iterable<number>): void {
    for (const byte of bytes) this.put(BigInt(byte), 8, 'le');
  }

  /** The bytes written so far. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, Math.ceil(this.at / 8));
  }

  #makeRoom(bits: number): void {
    const bytes = Math.ceil((this.at + bits) / 8);
    if (bytes <= this.#bytes.length) return;
    const more = new Uint8Array(bytes * 2 + 64);
    for (let i = this.#bytes.length; i < more.length; i++) more[i] = this.#random.bits32() & 0xff;
    more.set(this.#bytes);
    this.#bytes = more;
  }
}

/**
 * Encoder of fields with random values. It follows the specifications bit by bit and shares no code with the readers.
 *
 * @see CTF 1.8.3 §4, CTF2-SPEC-2.0 §6.4
 */
export class ReferenceEncoder {
  packet: BitPacket;
  /** Values that are not random: identifiers, times, sizes. They are cut to the size of the field. */
  readonly given = new Map<FieldClass, bigint>();
  /** Bytes that are not random, of arrays and BLOBs of bytes. */
  readonly givenBytes = new Map<FieldClass, Uint8Array>();
  /** Last positions of given fields. */
  readonly places = new Map<FieldClass, number>();
  readonly #random: SeededRandom;
  readonly #classes: RandomClasses;
  readonly #emptyTexts: boolean;
  /** The last value of each field on which others depend. */
  readonly #last = new Map<FieldClass, bigint>();

  constructor(random: SeededRandom, classes: RandomClasses, emptyTexts: boolean) {
    this.#random = random;
    this.#classes = classes;
    this.#emptyTexts = emptyTexts;
    this.packet = new BitPacket(random);
  }

  /** @returns the expected value of a reader */
  field(fieldClass: FieldClass): FieldValue {
    const { packet } = this;
    const random = this.#random;
    packet.align(alignment(fieldClass));
    switch (fieldClass.kind) {
      case 'integer':
      case 'variable-integer':
        return this.#integer(fieldClass, fieldClass);
      case 'enumeration':
        return this.#integer(fieldClass, fieldClass.container);
      case 'float':
        return this.#float(fieldClass);
      case 'boolean':
      case 'bit-array': {
        const { bits, byteOrder, bitsReversed } = fieldClass;
        const value = this.#valueOf(fieldClass) ?? BigInt.asUintN(bits, random.pick([0n, 1n, random.bits64()]));
        packet.put(value, bits, byteOrder, bitsReversed);
        return fieldClass.kind === 'boolean' ? value !== 0n : plain(value);
      }
      case 'string': {
        const { text, bytes } = this.#text(fieldClass.encoding);
        packet.putBytes(bytes);
        packet.putBytes(new Uint8Array(unitBytes(fieldClass.encoding)));
        return text;
      }
      case 'structure':
        return Object.fromEntries(fieldClass.members.map((m) => [m.name, this.field(m.fieldClass)]));
      case 'static-array':
      case 'dynamic-array': {
        const length = fieldClass.kind === 'static-array' ? fieldClass.length : this.#lengthOf(fieldClass);
        const { element } = fieldClass;
        if (element.kind === 'integer' && element.encoding !== 'none' && element.bits === 8 && element.align === 8) {
          return this.#textOf(length, element.encoding);
        }
        return random.list(length, (i) => {
          const byte = this.givenBytes.get(fieldClass)?.[i];
          if (byte !== undefined) this.given.set(element, BigInt(byte));
          return this.field(element);
        });
      }
      case 'static-blob':
      case 'dynamic-blob': {
        const length = fieldClass.kind === 'static-blob' ? fieldClass.length : this.#lengthOf(fieldClass);
        const bytes =
          this.givenBytes.get(fieldClass) ?? Uint8Array.from(random.list(length, () => random.between(0, 255)));
        packet.putBytes(bytes);
        return bytes;
      }
      case 'optional': {
        const selector = this.#selectorOf(fieldClass);
        const { ranges } = fieldClass;
        const isThere = ranges === undefined ? selector !== 0n : ranges.some((r) => contains(r, selector));
        return isThere ? this.field(fieldClass.content) : undefined;
      }
      case 'variant': {
        const selector = this.#selectorOf(fieldClass);
        const target = this.#classes.targets.get(fieldClass)!;
        const mappings = target.kind === 'enumeration' ? target.mappings : [];
        const index = fieldClass.options.findIndex(({ name, ranges }) =>
          (ranges ?? mappings.filter((m) => m.label === name)).some((r) => contains(r, selector)),
        );
        return new VariantValue(index, this.field(fieldClass.options[index]!.fieldClass));
      }
    }
  }

  #lengthOf(dependent: FieldClass): number {
    return Number(this.#selectorOf(dependent));
  }

  #selectorOf(dependent: FieldClass): bigint {
    return this.#last.get(this.#classes.targets.get(dependent)!)!;
  }

  /** The given value of a field, or one of its choices; undefined if it may have any. */
  #valueOf(fieldClass: FieldClass): bigint | undefined {
    const given = this.given.get(fieldClass);
    if (given !== undefined) {
      this.places.set(fieldClass, this.packet.at);
      this.#last.set(fieldClass, given);
      return given;
    }
    const choices = this.#classes.choices.get(fieldClass);
    if (choices === undefined) return undefined;
    const value = this.#random.pick(choices);
    this.#last.set(fieldClass, value);
    return value;
  }

  #integer(field: FieldClass, integer: IntegerFieldClass | VariableIntegerFieldClass): FieldValue {
    const value = this.#valueOf(field) ?? randomIn(this.#random, integer);
    if (integer.kind === 'variable-integer') {
      this.packet.putBytes(leb128(value, integer.signed));
      return plain(value);
    }
    const { bits, byteOrder, bitsReversed, signed } = integer;
    this.packet.put(value, bits, byteOrder, bitsReversed);
    return plain(signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
  }

  #float({ bits, byteOrder, bitsReversed }: FloatFieldClass): number {
    const { pattern, value } = randomFloat(this.#random, bits);
    this.packet.put(pattern, bits, byteOrder, bitsReversed);
    return value;
  }

  #text(encoding: TextEncoding): { readonly text: string; readonly bytes: readonly number[] } {
    const random = this.#random;
    let text = wellFormed(random.list(random.between(0, 4), () => random.pick(TEXTS)).join(''));
    if (random.oneIn(10)) text = 'long '.repeat(random.between(10, 60));
    if (text === '' && !this.#emptyTexts) text = 'x';
    return { text, bytes: encoded(text, encoding) };
  }

  /** Text of a number of bytes; a shorter text ends at a null character, with random bytes after it. */
  #textOf(length: number, encoding: TextEncoding): string {
    const random = this.#random;
    let text = '';
    for (let tries = random.between(this.#emptyTexts ? 0 : 1, 4); tries > 0; tries--) {
      const longer = wellFormed(text + random.pick(TEXTS));
      if (encoded(longer, encoding).length <= length) text = longer;
    }
    if (text === '' && !this.#emptyTexts) text = 'x';
    const bytes = [...encoded(text, encoding)];
    if (bytes.length < length)
      bytes.push(...new Array<number>(Math.min(unitBytes(encoding), length - bytes.length)).fill(0));
    while (bytes.length < length) bytes.push(random.between(0, 255));
    this.packet.putBytes(bytes);
    return text;
  }
}

/** @see CTF 1.8.3 §4.1.2 and §4.2.1, CTF2-SPEC-2.0 §6.3 */
function alignment(fieldClass: FieldClass): number {
  switch (fieldClass.kind) {
    case 'integer':
    case 'float':
    case 'boolean':
    case 'bit-array':
      return fieldClass.align;
    case 'enumeration':
      return alignment(fieldClass.container);
    case 'structure':
      return Math.max(fieldClass.align, ...fieldClass.members.map((m) => alignment(m.fieldClass)));
    case 'static-array':
    case 'dynamic-array':
      return Math.max(fieldClass.align ?? 1, alignment(fieldClass.element));
    case 'optional':
    case 'variant':
      return 1;
    default:
      return 8;
  }
}

function contains({ lower, upper }: { readonly lower: bigint; readonly upper: bigint }, value: bigint): boolean {
  return lower <= value && value <= upper;
}

/** Integers in the form of Ringtail's readers. */
function plain(value: bigint): number | bigint {
  const isExact = value >= -(2n ** 53n) + 1n && value <= 2n ** 53n - 1n;
  return isExact ? Number(value) : value;
}

function leb128(value: bigint, signed: boolean): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(BigInt.asUintN(7, rest));
    rest >>= 7n;
    const isLast = signed ? rest === (low & 0x40 ? -1n : 0n) : rest === 0n;
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function unitBytes(encoding: TextEncoding): number {
  if (encoding.startsWith('utf16')) return 2;
  return encoding.startsWith('utf32') ? 4 : 1;
}

function encoded(text: string, encoding: TextEncoding): readonly number[] {
  const size = unitBytes(encoding);
  if (size === 1) return Array.from(Buffer.from(text));
  const units =
    size === 2
      ? Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
      : Array.from(text, (c) => c.codePointAt(0)!);
  return units.flatMap((unit) => {
    const bytes = Array.from({ length: size }, (_, i) => (unit >>> (8 * i)) & 0xff);
    return encoding.endsWith('le') ? bytes : bytes.reverse();
  });
}

/** Bits and value of an IEEE 754 number; only the usual NaN, and 128 bits only if 64 bits hold the value. */
function randomFloat(random: SeededRandom, bits: FloatFieldClass['bits']): { pattern: bigint; value: number } {
  const view = new DataView(new ArrayBuffer(8));
  const plainNumber = random.between(-1_000_000, 1_000_000) / random.pick([1, 3, 64, 1000]);
  if (bits === 32) {
    if (random.oneIn(2)) view.setFloat32(0, plainNumber);
    else view.setUint32(0, random.pick([random.bits32(), 0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 1]));
    if (Number.isNaN(view.getFloat32(0))) view.setUint32(0, 0x7fc0_0000);
    return { pattern: BigInt(view.getUint32(0)), value: view.getFloat32(0) };
  }
  if (bits === 16) {
    const pattern = random.between(0, 0xffff);
    const value = (pattern & 0x8000 ? -1 : 1) * halfMagnitude((pattern >> 10) & 0x1f, pattern & 0x3ff);
    return Number.isNaN(value) ? { pattern: 0x7e00n, value } : { pattern: BigInt(pattern), value };
  }
  if (random.oneIn(2)) view.setFloat64(0, plainNumber);
  else view.setBigUint64(0, random.pick([random.bits64(), 0n, 1n << 63n, 0x7ffn << 52n, 0xfffn << 52n, 1n]));
  if (Number.isNaN(view.getFloat64(0))) view.setBigUint64(0, 0x7ff8n << 48n);
  const pattern = view.getBigUint64(0);
  const value = view.getFloat64(0);
  if (bits === 64) return { pattern, value };
  const exponent = (pattern >> 52n) & 0x7ffn;
  const fraction = pattern & (2n ** 52n - 1n);
  if (exponent === 0n) return { pattern: (pattern >> 63n) << 127n, value: value < 0 || Object.is(value, -0) ? -0 : 0 };
  const wide = exponent === 0x7ffn ? 0x7fffn : exponent - 1023n + 16383n;
  return { pattern: ((pattern >> 63n) << 127n) | (wide << 112n) | (fraction << 60n), value };
}

function halfMagnitude(exponent: number, fraction: number): number {
  if (exponent === 0x1f) return fraction === 0 ? Infinity : NaN;
  return exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
}
