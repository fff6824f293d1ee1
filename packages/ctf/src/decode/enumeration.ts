import type { EnumerationFieldClass } from '../model/field-class.ts';

/** The labels of an enumeration whose ranges contain `value`, each once, in the order of the metadata. */
export function enumerationLabels(fieldClass: EnumerationFieldClass, value: number | bigint): readonly string[] {
  const labels: string[] = [];
  // A bigint compares with a number by value, so that nothing has to be converted here.
  for (const { label, lower, upper } of fieldClass.mappings) {
    if (lower <= value && value <= upper && !labels.includes(label)) labels.push(label);
  }
  return labels;
}
