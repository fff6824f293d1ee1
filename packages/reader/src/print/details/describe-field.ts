import { visibleLine } from '@ringtail/base/text';
import type { FieldClass, FieldValue, StructureFieldClass, StructureValue, VariantValue } from '@ringtail/ctf';
import { contentPlace, elementPlace, integerOf, isTextElement, memberPlace, optionPlace } from '@ringtail/ctf/internal';
import type { TextEscapes } from '../text/text-escapes.ts';
import type { ClassDescription } from './describe-class.ts';
import { detailsFloat, detailsInteger } from './details-number.ts';

type Describe = (value: FieldValue, indent: string) => string;

/**
 * Compiles a field class into a function that describes its fields, from behind the colon of their name on.
 *
 * @param escapes how texts are written
 */
export function fieldDescription(
  fieldClass: FieldClass,
  classes: ClassDescription,
  place: string,
  escapes: TextEscapes,
): Describe {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
    case 'enumeration': {
      const { base } = integerOf(fieldClass)!;
      return (value) => ` ${detailsInteger(value as number | bigint, base)}`;
    }
    case 'bit-array':
      return (value) => ` ${detailsInteger(value as number | bigint, 16)}`;
    case 'boolean':
      return (value) => (value === true ? ' Yes' : ' No');
    case 'float':
      return (value) => ` ${detailsFloat(value as number)}`;
    case 'string':
      return textDescription(escapes);
    case 'structure':
      return structureDescription(fieldClass, classes, place, escapes);
    case 'static-array':
    case 'dynamic-array': {
      if (isTextElement(fieldClass.element)) return textDescription(escapes);
      const element = fieldDescription(fieldClass.element, classes, elementPlace(place), escapes);
      return (value, indent) => listText(value as readonly FieldValue[], element, indent);
    }
    case 'static-blob':
    case 'dynamic-blob':
      return (value) => {
        const bytes = value as Uint8Array;
        if (bytes.length === 0) return ' Empty';
        const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
        return ` Length ${detailsInteger(bytes.length)}: ${text}`;
      };
    case 'optional': {
      const content = fieldDescription(fieldClass.content, classes, contentPlace(place), escapes);
      return (value, indent) => (value === undefined ? ' None' : content(value, indent));
    }
    case 'variant': {
      const options = fieldClass.options.map((o, i) =>
        fieldDescription(o.fieldClass, classes, optionPlace(place, o.name, i), escapes),
      );
      return (value, indent) => {
        const { option, value: field } = value as VariantValue;
        return options[option]!(field, indent);
      };
    }
  }
}

function textDescription(escapes: TextEscapes): Describe {
  return (value) => ` ${escapes.text(value as string)}`;
}

function structureDescription(
  fieldClass: StructureFieldClass,
  classes: ClassDescription,
  place: string,
  escapes: TextEscapes,
): Describe {
  const members = fieldClass.members
    .filter((m) => classes.isShown(m.fieldClass, memberPlace(place, m.name)))
    .map((m) => ({
      name: m.name,
      label: visibleLine(m.name),
      describe: fieldDescription(m.fieldClass, classes, memberPlace(place, m.name), escapes),
    }));
  if (members.length === 0) return () => ' Empty';
  return (value, indent) => {
    const structure = value as StructureValue;
    const inner = `${indent}  `;
    let text = '';
    for (const { name, label, describe } of members) text += `\n${inner}${label}:${describe(structure[name], inner)}`;
    return text;
  };
}

function listText(values: readonly FieldValue[], element: Describe, indent: string): string {
  if (values.length === 0) return ' Empty';
  const inner = `${indent}  `;
  const lines = values.map((value, i) => `\n${inner}[${detailsInteger(i)}]:${element(value, inner)}`);
  return ` Length ${detailsInteger(values.length)}:${lines.join('')}`;
}
