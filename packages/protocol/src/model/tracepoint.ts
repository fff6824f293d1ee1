import { shallowJson } from '../wire/json-value.ts';
import { integer, list, object, type Shaped } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';

/** Bytes of an event's name, `provider:event`. */
export const EVENT_NAME_BYTES_MAX = 256;
/** How deeply the description of an event or field may be nested. */
export const SPEC_DEPTH_MAX = 48;
const FIELDS_MAX = 4096;

export const tracepointDescription = object({
  name: foreignText(EVENT_NAME_BYTES_MAX),
  logLevel: integer(0, 255),
  /** `NamedFieldSpec` of `@ringtail/ctf` each, passed on unread; empty if the request left them out. */
  fields: list(shallowJson(SPEC_DEPTH_MAX, 'a field is nested too deep'), FIELDS_MAX),
});
export type TracepointDescription = Shaped<typeof tracepointDescription>;
