import { DynamicTag } from '../schema/dynamic-tag.ts';
import type { Scratch } from './scratch.ts';
import { putString } from './text.ts';
import { putI64 } from './values.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_END = 2n ** 63n;

/**
 * Appends a dynamic field: the tag of the type that fits the value, then the value.
 *
 * Booleans are 0 and 1. Whole numbers are integers while they are safe. Integers beyond 64 bits are text. Values that
 * are no number, text or boolean are written as none.
 */
export function encodeDynamic(scratch: Scratch, value: unknown): void {
  switch (typeof value) {
    case 'boolean':
      putInteger(scratch, value ? 1 : 0);
      return;
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) putInteger(scratch, value);
      else putDouble(scratch, value);
      return;
    case 'bigint':
      if (value >= INT64_MIN && value < INT64_END) putInteger(scratch, value);
      else putText(scratch, value.toString());
      return;
    case 'string':
      putText(scratch, value);
      return;
    default:
      takeTagged(scratch, DynamicTag.NONE, 0);
  }
}

function putInteger(scratch: Scratch, value: number | bigint): void {
  const start = takeTagged(scratch, DynamicTag.INT64, 8);
  putI64(scratch.dv, start, value);
}

function putDouble(scratch: Scratch, value: number): void {
  // In two steps: taking may replace the view.
  const start = takeTagged(scratch, DynamicTag.DOUBLE, 8);
  scratch.dv.setFloat64(start, value, true);
}

function putText(scratch: Scratch, text: string): void {
  const start = takeTagged(scratch, DynamicTag.STRING, 3 * text.length + 1);
  scratch.top = putString(scratch.dv, scratch.u8, start, text);
}

/** Writes the tag and returns where `bytes` more begin. */
function takeTagged(scratch: Scratch, tag: DynamicTag, bytes: number): number {
  const start = scratch.take(1 + bytes);
  scratch.u8[start] = tag;
  return start + 1;
}
