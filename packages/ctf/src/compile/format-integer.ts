import type { FieldClass } from '../model/field-class.ts';

/** Whether an integer is part of the format: it has a role, or holds a value of the clock. */
export function isFormatInteger({
  clock,
  roles,
}: {
  readonly clock?: string;
  readonly roles?: readonly unknown[];
}): boolean {
  return clock !== undefined || (roles !== undefined && roles.length > 0);
}

export function containsFormatInteger(fieldClass: FieldClass): boolean {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
      return isFormatInteger(fieldClass);
    case 'enumeration':
      return isFormatInteger(fieldClass.container);
    case 'structure':
      return fieldClass.members.some((m) => containsFormatInteger(m.fieldClass));
    case 'static-array':
    case 'dynamic-array':
      return containsFormatInteger(fieldClass.element);
    case 'optional':
      return containsFormatInteger(fieldClass.content);
    case 'variant':
      return fieldClass.options.some((o) => containsFormatInteger(o.fieldClass));
    default:
      return false;
  }
}
