import { type EventMessage, type FieldValue, type StructureValue, VariantValue } from '@ringtail/ctf';

/**
 * An event as JSON: `at` in nanoseconds since the clock's origin, the contexts of its packet and itself, its fields.
 *
 * Integers that a JSON number does not hold exactly, and nanoseconds, are decimal text; bytes are hexadecimal text.
 */
export function eventJson(event: EventMessage): Record<string, unknown> {
  const { packet, commonContext, specificContext } = event;
  return {
    at: event.at.toString(),
    name: event.class.name,
    stream: event.stream.id.toString(),
    context: { ...members(packet.context), ...members(commonContext), ...members(specificContext) },
    fields: members(event.payload),
  };
}

function members(structure: StructureValue | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(structure ?? {}).map(([name, value]) => [name, jsonOf(value)]));
}

/** A field as JSON. */
export function jsonOf(value: FieldValue): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object') return value;
  if (value instanceof VariantValue) return jsonOf(value.value);
  if (value instanceof Uint8Array) return hexText(value);
  if (isArray(value)) return value.map(jsonOf);
  return members(value);
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function isArray(value: StructureValue | readonly FieldValue[]): value is readonly FieldValue[] {
  return Array.isArray(value);
}
