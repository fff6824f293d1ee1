import { FilterError, parseFilter } from '@ringtail/ctf/filter';
import type { JsonValue, TracepointDescription } from '@ringtail/protocol';

type Expression = ReturnType<typeof parseFilter>;

/** Names of event fields in a filter, each once; empty for a malformed filter. */
export function fieldsAskedFor(filter: string): string[] {
  try {
    return [...new Set(fieldsIn(parseFilter(filter)))];
  } catch (error) {
    if (error instanceof FilterError) return [];
    throw error;
  }
}

function fieldsIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'field':
      return expression.scope === 'payload' ? [String(expression.path[0])] : [];
    case 'unary':
      return fieldsIn(expression.operand);
    case 'binary':
      return [...fieldsIn(expression.left), ...fieldsIn(expression.right)];
    default:
      return [];
  }
}

/** Names in this tracepoint's events that a filter can use: fields, and the lengths and tags before them. */
export function fieldNamesOf({ fields }: TracepointDescription): string[] {
  return fields.map(nameOf).filter((name) => name !== undefined);
}

export function hasField(tracepoint: TracepointDescription, name: string): boolean {
  const derived = /^_(.+)_(?:length|tag)$/.exec(name)?.[1];
  const names = fieldNamesOf(tracepoint);
  return names.includes(name) || (derived !== undefined && names.includes(derived));
}

/** An application describes its fields itself, so they may have any shape. */
function nameOf(field: JsonValue): string | undefined {
  if (typeof field !== 'object' || field === null || Array.isArray(field)) return undefined;
  const { name } = field as { readonly [member: string]: JsonValue };
  return typeof name === 'string' ? name : undefined;
}
