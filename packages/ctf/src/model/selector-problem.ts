import { integerOf } from './class-facts.ts';
import { rangesByLabel } from './enumeration.ts';
import type { FieldClass, OptionalFieldClass, VariantFieldClass } from './field-class.ts';

/**
 * Why a field cannot be the selector of a variant or of an optional field.
 *
 * @param first of the fields that the selector's location leads to: all of them are of one sort
 */
export function selectorProblem(
  selected: VariantFieldClass | OptionalFieldClass,
  fieldClass: FieldClass,
  first: FieldClass = fieldClass,
): string | undefined {
  const name = selected.selector.path.join('.');
  const ranges = selected.kind === 'optional' ? selected.ranges : selected.options[0]?.ranges;
  if (ranges !== undefined) {
    const signed = integerOf(fieldClass)?.signed;
    if (signed === undefined) return `the selector ${name} is no integer`;
    return signed === integerOf(first)?.signed ? undefined : `the selector ${name} is not always of one sign`;
  }
  if (selected.kind === 'optional') {
    return fieldClass.kind === 'boolean' ? undefined : `the selector ${name} is no boolean, and there are no ranges`;
  }
  const { options } = selected;
  if (fieldClass.kind !== 'enumeration') return `the selector ${name} is no enumeration`;
  const labels = rangesByLabel(fieldClass);
  const unselectable = options.find((o) => !labels.has(o.name));
  return unselectable && `the selector ${name} has no label for the option ${unselectable.name}`;
}
