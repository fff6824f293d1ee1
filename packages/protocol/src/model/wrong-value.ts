import { count, object, type Shaped } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';

/** A field of a tracepoint that was given a value that does not fit. The trace has another value in its place. */
export const wrongValueField = {
  /** `provider:event`. */
  event: foreignText(256),
  /** With the way to a part of it: `id`, `where.x`, `items[].price`; or an application context. */
  field: foreignText(255),
  /** `u32`, `str`; `context` for an application context. */
  fieldType: foreignText(64),
  /** Description of the first such value, without the value: `a string`. */
  first: foreignText(64),
};

/** The events of a session in which a value did not fit a field. */
export const wrongValueCount = object({ ...wrongValueField, count });
export type WrongValueCount = Shaped<typeof wrongValueCount>;

/** Stands for event and field in the sum of all fields that a session does not name. */
export const OTHER_FIELDS = '*';
