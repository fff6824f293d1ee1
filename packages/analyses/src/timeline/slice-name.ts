import { plainValue } from '../fields/field-place.ts';
import { shownValue } from '../fields/scalar-fields.ts';
import type { EventFields } from '../findings/event-fields.ts';
import { operationName, spanKind, spanLabel } from '../findings/span-kind.ts';
import type { EventArguments } from './timeline-records.ts';

/** `GET /users/:id`, `PostgreSQL host:5432 SELECT …`, `shop:order`. @param className of the begin */
export function sliceName(className: string, args: readonly EventArguments[]): string {
  const kind = spanKind(className);
  if (kind === undefined || kind === 'operation') return operationName(className);
  const fields: Record<string, EventFields[string]> = Object.create(null);
  for (const { columns, values } of args) {
    for (const [i, { name, fieldClass }] of columns.entries()) {
      const value = plainValue(values[i]);
      if (value !== undefined) fields[name] = shownValue(fieldClass, value);
    }
  }
  return spanLabel(kind, className, fields);
}
