/** Shapes of JSON that a process passes on without reading it. */
import { type JsonObject, refuseShape, type Shape } from './shape.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * Any JSON nested at most `levels` deep, so that a recursive reader survives it.
 *
 * @param refusal sentence that refuses deeper JSON
 */
/* @__NO_SIDE_EFFECTS__ */
export function shallowJson(levels: number, refusal: string): Shape<JsonValue> {
  return (value, _, extent) => {
    if (extent === 'all' && depthExceeds(value, levels)) refuseShape(refusal);
    return value as JsonValue;
  };
}

function depthExceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  // Loops, not iterators: a message of 4 MiB has half a million of these values.
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (depthExceeds(value[i], levels - 1)) return true;
  } else {
    for (const name in value) if (depthExceeds((value as JsonObject)[name], levels - 1)) return true;
  }
  return false;
}
