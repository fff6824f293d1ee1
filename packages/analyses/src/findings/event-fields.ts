import type { EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import { type Arguments, type PlainValue, plainValue } from '../fields/field-place.ts';
import { scalarFields, shownValue } from '../fields/scalar-fields.ts';

/** Matches a frame in Node.js itself (`node:…`) or in a function that is built into V8. */
const OF_NODE = /(?:^|\(|async )(?:node:[^()]*|<anonymous>|native)\)?$/;

/** Fields with a single value, by name. */
export type EventFields = Readonly<Record<string, PlainValue>>;

/** Reads all fields of a payload with a single value. */
export function fieldsReader(of: EventRecordClass, args: Arguments): (values: readonly VisitedField[]) => EventFields {
  const wanted = scalarFields(of).map(({ name, fieldClass }) => ({ name, fieldClass, index: args.add(name) }));
  return (values) => {
    const fields: Record<string, PlainValue> = Object.create(null);
    for (const { name, fieldClass, index } of wanted) {
      const value = plainValue(values[index]);
      if (value !== undefined) fields[name] = shownValue(fieldClass, value);
    }
    return fields;
  };
}

/** The first of some fields that has a text, or a number, which is made a text. Empty without any. */
export function firstText(fields: EventFields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined && value !== '') return String(value);
  }
  return '';
}

/** The value of a number, and of a boolean as 0 or 1. Zero without it. */
export function numberOf(fields: EventFields, name: string): number {
  return Number(fields[name] ?? 0) || 0;
}

/** Lines of a stack, the innermost first: a sequence of texts, or one text with several lines. */
export function stackLines(value: VisitedField): string[] {
  if (value === undefined) return [];
  const lines = Array.isArray(value) ? value.map(String) : String(plainValue(value) ?? '').split('\n');
  return lines.map((line) => line.trim().replace(/^at /, '')).filter((line) => line !== '');
}

/** Index of the first frame that is code of the program, not of Node.js or V8. 0 if all are theirs. */
export function programFrameAt(stack: readonly string[]): number {
  return Math.max(
    0,
    stack.findIndex((frame) => !OF_NODE.test(frame)),
  );
}

/**
 * Start of a time span that an event reports after its end, as nanoseconds before the event.
 *
 * `start_ns` is a value of the clock, if that counts nanoseconds. Without it, the span ends with the event.
 */
export function nsSinceStart(view: EventView, startNs: number | undefined, durationNs: number): number {
  const { clockClass } = view.stream;
  if (startNs === undefined || clockClass?.frequency !== 1_000_000_000n) return durationNs;
  return Math.max(durationNs, Number(view.cycles - BigInt(Math.round(startNs))));
}
