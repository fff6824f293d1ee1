import {
  type DisplayBase,
  type EventRecordClass,
  enumerationLabels,
  type FieldClass,
  type StructureFieldClass,
} from '@ringtail/ctf';
import { isTextElement } from '@ringtail/ctf/internal';
import type { PlainValue } from './field-place.ts';

/** A number in the payload: `path` leads to it through the members of structures. */
export interface NumericField {
  readonly name: string;
  readonly path: readonly [string, ...string[]];
  readonly base: DisplayBase;
}

/** The integers and floating point numbers of a payload, also in structures. Members of structures are `a.b`. */
export function numericFields({ payload }: EventRecordClass): NumericField[] {
  return numericMembers(payload);
}

function numericMembers(structure: StructureFieldClass | undefined, path?: NumericField['path']): NumericField[] {
  return (structure?.members ?? []).flatMap(({ name, fieldClass }): NumericField[] => {
    const inner: NumericField['path'] = path === undefined ? [name] : [...path, name];
    if (isNumber(fieldClass)) return [{ name: inner.join('.'), path: inner, base: baseOf(fieldClass) }];
    return fieldClass.kind === 'structure' ? numericMembers(fieldClass, inner) : [];
  });
}

function baseOf(fieldClass: FieldClass): DisplayBase {
  return fieldClass.kind === 'integer' || fieldClass.kind === 'variable-integer' ? fieldClass.base : 10;
}

function isNumber({ kind }: FieldClass): boolean {
  return kind === 'integer' || kind === 'variable-integer' || kind === 'float';
}

/** A field with a single value, which a line of text can show. */
export interface ScalarField {
  readonly name: string;
  readonly fieldClass: FieldClass;
}

export function scalarFields({ payload }: EventRecordClass): ScalarField[] {
  return (payload?.members ?? []).filter(({ fieldClass }) => isScalar(fieldClass));
}

export function isScalar(fieldClass: FieldClass): boolean {
  switch (fieldClass.kind) {
    case 'enumeration':
    case 'string':
    case 'boolean':
    case 'bit-array':
      return true;
    case 'static-array':
    case 'dynamic-array':
      return isTextElement(fieldClass.element);
    default:
      return isNumber(fieldClass);
  }
}

/** A value as text shows it: the label of an enumeration, if there is exactly one. */
export function shownValue(fieldClass: FieldClass, value: PlainValue): PlainValue {
  if (fieldClass.kind !== 'enumeration' || (typeof value !== 'number' && typeof value !== 'bigint')) return value;
  const [label, ...others] = enumerationLabels(fieldClass, value);
  return label === undefined || others.length > 0 ? value : label;
}
