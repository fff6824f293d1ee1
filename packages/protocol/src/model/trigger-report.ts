import { count, nullable, object, record, type Shape, type Shaped, text } from '../wire/shape.ts';
import { capturedValue } from './captured-value.ts';
import type { TriggerCondition } from './trigger.ts';

const textOrNumber: Shape<string | number> = (value, name, extent) =>
  typeof value === 'number' ? value : text(value, name, extent);

/** Occurrence of a trigger's condition, as actions report it. Integers beyond 53 bits are decimal text. */
export const triggerReport = object({
  trigger: text,
  uid: count,
  condition: text as Shape<TriggerCondition['kind']>,
  /** ISO 8601, by the session daemon's clock. */
  at: text,
  /** How often the condition held since the last report: more than once if it held faster than reports are sent. */
  occurrences: count,
  /** Values by capture expression; null where the event lacks it. */
  captures: record(capturedValue),
  /** Facts of the condition: the session and archive of a rotation, the process and cause of an end, a rate. */
  details: record(nullable(textOrNumber)),
});
export type TriggerReport = Shaped<typeof triggerReport>;
