import { unreachable } from '@ringtail/base';
import type { FieldClass, IntegerFieldClass, TextEncoding, VariableIntegerFieldClass } from './field-class.ts';

/** The alignment of a field of this class, in bits. A compound class has the alignment of its content. */
export function alignmentOf(fieldClass: FieldClass): number {
  switch (fieldClass.kind) {
    case 'integer':
    case 'float':
    case 'boolean':
    case 'bit-array':
      return fieldClass.align;
    case 'enumeration':
      return alignmentOf(fieldClass.container);
    case 'variable-integer':
    case 'string':
    case 'static-blob':
    case 'dynamic-blob':
      return 8;
    case 'structure':
      return fieldClass.members.reduce((most, m) => Math.max(most, alignmentOf(m.fieldClass)), fieldClass.align);
    case 'static-array':
    case 'dynamic-array':
      return Math.max(fieldClass.align ?? 1, alignmentOf(fieldClass.element));
    case 'optional':
    case 'variant':
      return 1;
    default:
      return unreachable(fieldClass);
  }
}

const leastBits = new WeakMap<FieldClass, number>();

/**
 * A lower bound of the size in bits of any field of this class, padding left out. Counted once: a large class may be
 * used very often.
 */
export function bitsMinOf(fieldClass: FieldClass): number {
  let bits = leastBits.get(fieldClass);
  if (bits === undefined) {
    bits = countBits(fieldClass);
    leastBits.set(fieldClass, bits);
  }
  return bits;
}

function countBits(fieldClass: FieldClass): number {
  switch (fieldClass.kind) {
    case 'integer':
    case 'float':
    case 'boolean':
    case 'bit-array':
      return fieldClass.bits;
    case 'enumeration':
      return bitsMinOf(fieldClass.container);
    case 'variable-integer':
      return 8;
    case 'string':
      return 8 * unitBytesOf(fieldClass.encoding);
    case 'static-blob':
      return 8 * fieldClass.length;
    case 'structure':
      return fieldClass.members.reduce((sum, m) => sum + bitsMinOf(m.fieldClass), 0);
    case 'static-array':
      return fieldClass.length * bitsMinOf(fieldClass.element);
    case 'dynamic-array':
    case 'dynamic-blob':
    case 'optional':
      return 0;
    case 'variant':
      return leastOf(fieldClass.options.map((o) => bitsMinOf(o.fieldClass)));
    default:
      return unreachable(fieldClass);
  }
}

function leastOf(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((least, bits) => Math.min(least, bits));
}

/**
 * Words of memory that the value of a field takes at most, without the elements of arrays: these are counted when their
 * number is known.
 */
export function wordsOf(fieldClass: FieldClass): number {
  switch (fieldClass.kind) {
    case 'structure':
      return fieldClass.members.reduce((sum, m) => sum + wordsOf(m.fieldClass), OBJECT_WORDS);
    case 'optional':
      return wordsOf(fieldClass.content);
    case 'variant':
      return fieldClass.options.reduce((most, o) => Math.max(most, wordsOf(o.fieldClass)), 0) + OBJECT_WORDS;
    case 'integer':
    case 'enumeration':
    case 'boolean':
      return 1;
    default:
      return OBJECT_WORDS;
  }
}

/** An object, a text or an array without elements. */
const OBJECT_WORDS = 4;

export type AnyInteger = IntegerFieldClass | VariableIntegerFieldClass;

/** The integer that stores a field of this class, if one does. */
export function integerOf(fieldClass: FieldClass): AnyInteger | undefined {
  if (fieldClass.kind === 'integer' || fieldClass.kind === 'variable-integer') return fieldClass;
  return fieldClass.kind === 'enumeration' ? fieldClass.container : undefined;
}

/** Whether arrays of this element are text: whole bytes of encoded characters. */
export function isTextElement(element: FieldClass): boolean {
  return textEncodingOf(element) !== undefined;
}

/** The encoding of arrays of this element, if they are text. */
export function textEncodingOf(element: FieldClass): TextEncoding | undefined {
  const integer = integerOf(element);
  if (integer?.kind !== 'integer' || integer.bits !== 8 || integer.align !== 8) return undefined;
  return integer.encoding === 'none' ? undefined : integer.encoding;
}

/** Whether text of an encoding is UTF-8; ASCII is. */
export function isUtf8(encoding: TextEncoding | 'none'): boolean {
  return encoding === 'utf8' || encoding === 'ascii';
}

/** Size of a code unit of an encoding; a null character is as long. */
export function unitBytesOf(encoding: TextEncoding): 1 | 2 | 4 {
  switch (encoding) {
    case 'utf16be':
    case 'utf16le':
      return 2;
    case 'utf32be':
    case 'utf32le':
      return 4;
    default:
      return 1;
  }
}
