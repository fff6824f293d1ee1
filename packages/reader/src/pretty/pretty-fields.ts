import { unreachable } from '@ringtail/base';
import {
  type BitArrayFieldClass,
  type BitFlag,
  type EnumerationFieldClass,
  enumerationLabels,
  type FieldClass,
  type FieldValue,
  type IntegerFieldClass,
  type StructureFieldClass,
  type StructureValue,
  type VariableIntegerFieldClass,
  type VariantFieldClass,
  type VariantValue,
} from '@ringtail/ctf';
import {
  contentPlace,
  elementPlace,
  isTextElement,
  type Links,
  memberPlace,
  optionPlace,
} from '@ringtail/ctf/internal';
import { floatText, integerText } from './pretty-number.ts';
import { quotedText } from './pretty-text.ts';

export type FieldText = (value: FieldValue) => string;

/** What decides how the fields of a scope are shown. */
export interface FieldTextContext {
  readonly links: readonly Links[];
  /**
   * In CTF 1.8, integers with a role and those that hold clock values are part of the format and not of the event; they
   * are shown only where another field depends on them.
   */
  readonly hideFormatFields: boolean;
}

/** Compiles a field class into what prints its fields; undefined for what is not shown at all. */
export function fieldText(fieldClass: FieldClass, place: string, context: FieldTextContext): FieldText | undefined {
  return isShown(fieldClass, place, context) ? textOf(fieldClass, place, context) : undefined;
}

function textOf(fieldClass: FieldClass, place: string, context: FieldTextContext): FieldText {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
      return integerText(layoutOf(fieldClass)) as FieldText;
    case 'enumeration':
      return enumerationText(fieldClass) as FieldText;
    case 'float':
      return floatText as FieldText;
    case 'boolean':
      return String;
    case 'bit-array':
      return bitArrayText(fieldClass) as FieldText;
    case 'optional': {
      const text = textOf(fieldClass.content, contentPlace(place), context);
      return (value) => (value === undefined ? '<none>' : `{ ${text(value)} }`);
    }
    case 'string':
      return quotedText as FieldText;
    case 'structure':
      return structureText(fieldClass, place, context);
    case 'static-array':
    case 'dynamic-array':
      if (isTextElement(fieldClass.element)) return quotedText as FieldText;
      return arrayText(textOf(fieldClass.element, elementPlace(place), context));
    case 'static-blob':
    case 'dynamic-blob':
      return (value) => `{ ${[...(value as Uint8Array)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')} }`;
    case 'variant':
      return variantText(fieldClass, place, context);
    default:
      return unreachable(fieldClass);
  }
}

function isShown(fieldClass: FieldClass, place: string, context: FieldTextContext): boolean {
  if (!context.hideFormatFields) return true;
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
    case 'enumeration': {
      const integer = fieldClass.kind === 'enumeration' ? fieldClass.container : fieldClass;
      const isPlain = integer.clock === undefined && (integer.roles === undefined || integer.roles.length === 0);
      return isPlain || context.links.some(({ targets }) => targets.has(place));
    }
    case 'structure': {
      const { members } = fieldClass;
      return members.length === 0 || members.some((m) => isShown(m.fieldClass, memberPlace(place, m.name), context));
    }
    case 'variant':
      return fieldClass.options.some((o, i) => isShown(o.fieldClass, optionPlace(place, o.name, i), context));
    case 'optional':
      return isShown(fieldClass.content, contentPlace(place), context);
    case 'static-array':
    case 'dynamic-array':
      return isShown(fieldClass.element, elementPlace(place), context);
    default:
      return true;
  }
}

/** Integers of variable length have up to 64 bits. */
function layoutOf(fieldClass: IntegerFieldClass | VariableIntegerFieldClass) {
  return { base: fieldClass.base, bits: fieldClass.kind === 'integer' ? fieldClass.bits : 64 };
}

/** `0x2A`; of a bit map with the names of its flags in braces, sorted: `0x2A { "A", "B" }`. */
function bitArrayText({ bits, flags }: BitArrayFieldClass): (value: number | bigint) => string {
  const number = integerText({ base: 16, bits });
  if (flags === undefined) return number;
  const sorted = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
  return (value) => {
    const names = new Set(sorted.filter((flag) => isActive(flag, BigInt(value))).map(({ name }) => quotedText(name)));
    return names.size === 0 ? number(value) : `${number(value)} { ${[...names].join(', ')} }`;
  };
}

function isActive({ lower, upper }: BitFlag, value: bigint): boolean {
  return BigInt.asUintN(upper - lower + 1, value >> BigInt(lower)) !== 0n;
}

/** `( "label" : container = 1 )`; several labels in braces, the last of the metadata first. */
function enumerationText(fieldClass: EnumerationFieldClass): (value: number | bigint) => string {
  const number = integerText(layoutOf(fieldClass.container));
  return (value) => {
    const labels = enumerationLabels(fieldClass, value).map(quotedText).reverse();
    const text = labels.length > 1 ? `{ ${labels.join(', ')} }` : (labels[0] ?? '<unknown>');
    return `( ${text} : container = ${number(value)} )`;
  };
}

function structureText(fieldClass: StructureFieldClass, place: string, context: FieldTextContext): FieldText {
  const shown = fieldClass.members.flatMap(({ name, fieldClass: memberClass }) => {
    const text = fieldText(memberClass, memberPlace(place, name), context);
    return text === undefined ? [] : [{ name, label: `${name} = `, text }];
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

function arrayText(element: FieldText): FieldText {
  return (value) => {
    const values = value as readonly FieldValue[];
    if (values.length === 0) return '[ ]';
    let line = '[ ';
    for (let i = 0; i < values.length; i++) line += `${i === 0 ? '' : ', '}[${i}] = ${element(values[i]!)}`;
    return `${line} ]`;
  };
}

function variantText(fieldClass: VariantFieldClass, place: string, context: FieldTextContext): FieldText {
  const options = fieldClass.options.map((o, i) => textOf(o.fieldClass, optionPlace(place, o.name, i), context));
  return (value) => {
    const { option, value: field } = value as VariantValue;
    return `{ ${options[option]!(field)} }`;
  };
}
