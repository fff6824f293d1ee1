import type { EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import { type Arguments, type PlainValue, plainValue } from '../fields/field-place.ts';
import { scalarFields, shownValue } from '../fields/scalar-fields.ts';

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
