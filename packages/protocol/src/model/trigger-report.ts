import { count, nullable, object, record, type Shape, type Shaped, text } from '../wire/shape.ts';
import { printable } from '../wire/text.ts';
import type { TriggerCondition } from './trigger.ts';

const CAPTURE_DEPTH_MAX = 2;
const CAPTURE_ELEMENTS_MAX = 4096;
const CAPTURE_LENGTH_MAX = 65_536;

export type CapturedValue = null | boolean | number | string | readonly CapturedValue[];

/** Values that an application captured, as plain data of a bounded depth; texts are cut and made printable. */
export const capturedValue: Shape<CapturedValue> = (value, _, extent) =>
  extent === 'all' ? plainCapture(value, CAPTURE_DEPTH_MAX) : (value as CapturedValue);

function plainCapture(value: unknown, levels: number): CapturedValue {
  switch (typeof value) {
    case 'boolean':
    case 'number':
      return value;
    case 'string':
      return printable(value, CAPTURE_LENGTH_MAX);
    default:
      if (Array.isArray(value) && levels > 0 && value.length <= CAPTURE_ELEMENTS_MAX) {
        return value.map((element) => plainCapture(element, levels - 1));
      }
      return null;
  }
}

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
