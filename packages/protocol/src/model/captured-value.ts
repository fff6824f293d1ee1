import type { Shape } from '../wire/shape.ts';
import { printable } from '../wire/text.ts';

/** Values that a trigger captures of one event. */
export const CAPTURES_MAX = 64;
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
