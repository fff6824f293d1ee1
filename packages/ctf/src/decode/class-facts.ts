import { unreachable } from '@ringtail/base';
import type { FieldClass, IntegerFieldClass } from '../model/field-class.ts';

/** The alignment that a field of this class gets, in bits: for compound classes that of what they contain. */
export function alignmentOf(fieldClass: FieldClass): number {
  switch (fieldClass.kind) {
    case 'integer':
    case 'float':
    case 'boolean':
      return fieldClass.align;
    case 'enumeration':
      return fieldClass.container.align;
    case 'string':
    case 'dynamic-blob':
      return 8;
    case 'structure':
      return fieldClass.members.reduce((most, m) => Math.max(most, alignmentOf(m.fieldClass)), fieldClass.align);
    case 'static-array':
    case 'dynamic-array':
      return alignmentOf(fieldClass.element);
    case 'variant':
      return 1;
    default:
      return unreachable(fieldClass);
  }
}

/** A lower bound of the size in bits of any field of this class, padding left out. */
export function bitsMinOf(fieldClass: FieldClass): number {
  switch (fieldClass.kind) {
    case 'integer':
    case 'float':
    case 'boolean':
      return fieldClass.bits;
    case 'enumeration':
      return fieldClass.container.bits;
    case 'string':
      return 8;
    case 'structure':
      return fieldClass.members.reduce((sum, m) => sum + bitsMinOf(m.fieldClass), 0);
    case 'static-array':
      return fieldClass.length * bitsMinOf(fieldClass.element);
    case 'dynamic-array':
    case 'dynamic-blob':
      return 0;
    case 'variant':
      return fieldClass.options.length === 0 ? 0 : Math.min(...fieldClass.options.map((o) => bitsMinOf(o.fieldClass)));
    default:
      return unreachable(fieldClass);
  }
}

/** The integer that stores a field of this class, if one does. */
export function integerOf(fieldClass: FieldClass): IntegerFieldClass | undefined {
  if (fieldClass.kind === 'integer') return fieldClass;
  return fieldClass.kind === 'enumeration' ? fieldClass.container : undefined;
}

/** Whether arrays of this element are text: whole bytes that hold encoded characters. */
export function isTextElement(element: FieldClass): boolean {
  const integer = integerOf(element);
  return integer !== undefined && integer.encoding !== 'none' && integer.bits === 8 && integer.align === 8;
}
