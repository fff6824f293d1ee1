import { unreachable } from '@ringtail/base';
import { visibleLine } from '@ringtail/base/text';
import type {
  BitArrayFieldClass,
  BitFlag,
  EnumerationFieldClass,
  FieldClass,
  FieldValue,
  OptionalFieldClass,
  StructureFieldClass,
  StructureMember,
  StructureValue,
  VariantFieldClass,
  VariantValue,
} from '@ringtail/ctf';
import {
  contentPlace,
  elementPlace,
  enumerationLabels,
  integerOf,
  isTextElement,
  type Links,
  memberPlace,
  optionPlace,
} from '@ringtail/ctf/internal';
import { floatText, integerText } from './pretty-number.ts';
import { colored, type Palette } from './pretty-style.ts';
import { quotedText } from './pretty-text.ts';

export type FieldText = (value: FieldValue) => string;

/** Settings for the fields of a scope. */
export interface FieldTextContext {
  readonly links: readonly Links[];
  /** Whether members of structures and elements of arrays are named. */
  readonly names: boolean;
  readonly palette: Palette;
}

/** Compiles a field class into a function that prints its fields; undefined for fields that are not shown. */
export function fieldText(fieldClass: FieldClass, place: string, context: FieldTextContext): FieldText | undefined {
  return isShown(fieldClass, place, context) ? shownFieldText(fieldClass, place, context) : undefined;
}

/** As `fieldText`, for a field of which it is known that it is shown. */
export function shownFieldText(fieldClass: FieldClass, place: string, context: FieldTextContext): FieldText {
  const { palette } = context;
  const inColor = (color: string, text: FieldText): FieldText =>
    color === '' ? text : (value) => colored(text(value), color, palette);
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
      return inColor(palette.number, integerText(fieldClass) as FieldText);
    case 'bit-array':
      return bitArrayText(fieldClass, palette) as FieldText;
    case 'enumeration':
      return enumerationText(fieldClass, palette) as FieldText;
    case 'float':
      return inColor(palette.number, floatText as FieldText);
    case 'boolean':
      return inColor(palette.number, String);
    case 'string':
      return inColor(palette.text, quotedText as FieldText);
    case 'structure':
      return structureText(fieldClass, place, context);
    case 'static-array':
    case 'dynamic-array':
      if (isTextElement(fieldClass.element)) return inColor(palette.text, quotedText as FieldText);
      return arrayText(shownFieldText(fieldClass.element, elementPlace(place), context), context);
    case 'static-blob':
    case 'dynamic-blob':
      return (value) =>
        `{${[...(value as Uint8Array)].map((byte) => ` ${byte.toString(16).padStart(2, '0')}`).join('')} }`;
    case 'optional':
      return optionalText(fieldClass, place, context);
    case 'variant':
      return variantText(fieldClass, place, context);
    default:
      return unreachable(fieldClass);
  }
}

/**
 * Whether a field is shown. Integers with a role or a clock value are part of the format and not of the event. They are
 * shown only where another field depends on them.
 */
export function isShown(fieldClass: FieldClass, place: string, context: FieldTextContext): boolean {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
    case 'enumeration': {
      const integer = integerOf(fieldClass);
      const isPlain = integer?.clock === undefined && (integer?.roles === undefined || integer.roles.length === 0);
      return isPlain || context.links.some(({ targets }) => targets.has(place));
    }
    case 'structure': {
      const { members } = fieldClass;
      return members.length === 0 || members.some((m) => isShown(m.fieldClass, memberPlace(place, m.name), context));
    }
    case 'optional':
      return isShown(fieldClass.content, contentPlace(place), context);
    case 'variant':
      return fieldClass.options.some((o, i) => isShown(o.fieldClass, optionPlace(place, o.name, i), context));
    case 'static-array':
    case 'dynamic-array':
      return isShown(fieldClass.element, elementPlace(place), context);
    default:
      return true;
  }
}

/** `0x2A`; of a bit map with the names of its flags, sorted: `0x2A { "A", "B" }`. */
function bitArrayText({ bits, flags = [] }: BitArrayFieldClass, palette: Palette): (value: number | bigint) => string {
  const number = integerText({ base: 16, bits });
  const sorted = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
  return (value) => {
    const text = colored(number(value), palette.number, palette);
    const names = new Set(sorted.filter((flag) => isSet(flag, BigInt(value))).map(({ name }) => name));
    if (names.size === 0) return text;
    return `${text} { ${[...names].map((name) => colored(quotedText(name), palette.label, palette)).join(', ')} }`;
  };
}

/** Whether any bit of a flag's range is set. */
function isSet({ lower, upper }: BitFlag, value: bigint): boolean {
  return BigInt.asUintN(upper - lower + 1, value >> BigInt(lower)) !== 0n;
}

/** Text before the value of a structure's member: `name = `, or nothing. */
export function memberLabel({ name }: StructureMember, { names, palette }: FieldTextContext): string {
  return names ? `${colored(visibleLine(name), palette.fieldName, palette)} = ` : '';
}

/** `( "label" : container = 1 )`; several labels in braces, the last of the metadata first. */
export function enumerationText(
  fieldClass: EnumerationFieldClass,
  palette: Palette,
): (value: number | bigint) => string {
  const number = integerText(fieldClass.container);
  return (value) => {
    const labels = enumerationLabels(fieldClass, value)
      .map((label) => colored(quotedText(label), palette.label, palette))
      .reverse();
    const text =
      labels.length > 1 ? `{ ${labels.join(', ')} }` : (labels[0] ?? colored('<unknown>', palette.unknown, palette));
    return `( ${text} : container = ${colored(number(value), palette.number, palette)} )`;
  };
}

function structureText(fieldClass: StructureFieldClass, place: string, context: FieldTextContext): FieldText {
  const shown = fieldClass.members.flatMap((member) => {
    const text = fieldText(member.fieldClass, memberPlace(place, member.name), context);
    return text === undefined ? [] : [{ name: member.name, label: memberLabel(member, context), text }];
  });
  if (shown.length === 0) return () => '{ }';
  return (value) => {
    const structure = value as StructureValue;
    let line = '{ ';
    for (let i = 0; i < shown.length; i++) {
      const { name, label, text } = shown[i]!;
      line += (i === 0 ? label : `, ${label}`) + text(structure[name]!);
    }
    return `${line} }`;
  };
}

function arrayText(element: FieldText, { names }: FieldTextContext): FieldText {
  return (value) => {
    const values = value as readonly FieldValue[];
    if (values.length === 0) return '[ ]';
    const texts = values.map((one, i) => (names ? `[${i}] = ${element(one)}` : element(one)));
    return `[ ${texts.join(', ')} ]`;
  };
}

function optionalText(fieldClass: OptionalFieldClass, place: string, context: FieldTextContext): FieldText {
  const content = shownFieldText(fieldClass.content, contentPlace(place), context);
  return (value) => (value === undefined ? '<none>' : `{ ${content(value)} }`);
}

function variantText(fieldClass: VariantFieldClass, place: string, context: FieldTextContext): FieldText {
  const options = fieldClass.options.map((o, i) =>
    shownFieldText(o.fieldClass, optionPlace(place, o.name, i), context),
  );
  return (value) => {
    const { option, value: field } = value as VariantValue;
    return `{ ${options[option]!(field)} }`;
  };
}
