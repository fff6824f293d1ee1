import type { FieldValue, StructureValue } from '../decode/values.ts';
import type { FieldClass, IntegerRole, StructureFieldClass } from '../model/field-class.ts';

/** The names that lead to the integer with a role, through structures alone. */
export function roleMember(structure: StructureFieldClass, role: IntegerRole): readonly string[] | undefined {
  for (const { name, fieldClass } of structure.members) {
    const path = pathWithin(fieldClass, role);
    if (path !== undefined) return [name, ...path];
  }
  return undefined;
}

function pathWithin(fieldClass: FieldClass, role: IntegerRole): readonly string[] | undefined {
  switch (fieldClass.kind) {
    case 'integer':
    case 'variable-integer':
      return fieldClass.roles?.includes(role) ? [] : undefined;
    case 'enumeration':
      return pathWithin(fieldClass.container, role);
    case 'structure':
      return roleMember(fieldClass, role);
    default:
      return undefined;
  }
}

/** Copy of a structure with one field replaced. Without a path, the structure unchanged. */
export function withMember(
  value: StructureValue | undefined,
  path: readonly string[] | undefined,
  change: (before: FieldValue) => FieldValue,
): StructureValue | undefined {
  if (value === undefined || path === undefined) return value;
  const [name, ...rest] = path;
  const before = value[name!]!;
  const after = rest.length === 0 ? change(before) : withMember(before as StructureValue, rest, change);
  return { ...value, [name!]: after };
}
