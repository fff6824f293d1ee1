import type { EventRecordClass, EventSpec } from '@ringtail/ctf';
import {
  checkFields,
  type EventFormat,
  FIELDS_MAX,
  type FormatField,
  RECORD_BYTES_MAX,
} from '../formats/event-format.ts';
import { type KernelEvent, recordFields } from '../formats/kernel-event.ts';
import { KernelError } from '../kernel-error.ts';
import { fieldSpecs, payloadClass } from '../transcode/record-class.ts';
import { type RecordTranscoder, recordTranscoder } from '../transcode/record-transcoder.ts';

/** Description of an event for the consumer daemon, as JSON: the trace's name, and the kernel's fields. */
export interface EventDeclaration {
  readonly name: string;
  readonly system: string;
  readonly fields: readonly FormatField[];
}

const NAME_LENGTH_MAX = 255;

export function declarationOf({ name, system }: KernelEvent, { fields }: EventFormat): EventDeclaration {
  return { name, system, fields };
}

/** The event as listings show it. The kernel has no log levels. */
export function eventSpecOf({ name, system }: KernelEvent, format: EventFormat): EventSpec {
  return { name, logLevel: 0, fields: fieldSpecs(recordFields(system, format)) };
}

/** The event's class in the metadata. */
export function kernelEventClass(id: bigint, { name, system, fields }: EventDeclaration): EventRecordClass {
  return { id, name, payload: payloadClass(recordFields(system, { fields })) };
}

export function kernelEventTranscoder({ system, fields }: EventDeclaration): RecordTranscoder {
  return recordTranscoder(system, { fields });
}

/**
 * Checks a declaration of unknown origin.
 *
 * @throws {KernelError} `BAD_FORMAT`
 */
export function parseEventDeclaration(json: unknown): EventDeclaration {
  const { name, system, fields } = objectOf(json);
  if (!isName(name) || !isName(system)) throw bad('an event needs a name and a system');
  if (!Array.isArray(fields) || fields.length > FIELDS_MAX) throw bad(`${name} needs at most ${FIELDS_MAX} fields`);
  const parsed = fields.map((field) => fieldOf(field, name));
  checkFields(parsed, name);
  return { name, system, fields: parsed };
}

function fieldOf(json: unknown, event: string): FormatField {
  const { name, type, length, offset, size, signed } = objectOf(json);
  if (typeof name !== 'string' || !/^[A-Za-z_]\w{0,254}$/.test(name)) throw bad(`${event} has a field without a name`);
  if (typeof type !== 'string' || type.length > NAME_LENGTH_MAX) throw bad(`${event}: ${name} has no type`);
  if (!isSize(offset) || !isSize(size) || (length !== undefined && !isSize(length))) {
    throw bad(`${event}: ${name} has no place in a record`);
  }
  if (typeof signed !== 'boolean') throw bad(`${event}: ${name} does not tell whether it has a sign`);
  return { name, type, length, offset, size, signed };
}

function objectOf(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad('an object is expected');
  return json as Readonly<Record<string, unknown>>;
}

/** Names stand in metadata, between quotation marks. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_LENGTH_MAX && /^[\w.:@-]+$/.test(value);
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= RECORD_BYTES_MAX;
}

function bad(reason: string): KernelError {
  return new KernelError('BAD_FORMAT', `the declaration of an event of the kernel is wrong: ${reason}`);
}
