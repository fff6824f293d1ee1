import { isLeftOut, lttngFieldName, lttngMinus, lttngName } from '../names/lttng-names.ts';
import type { EventFormat, FormatField } from './event-format.ts';
import { isFixed, type RecordField, recordFieldOf } from './record-field.ts';

const SYSCALLS = 'syscalls';
const SYSCALL = /^sys_(?:enter|exit)_(.+)$/;

/** An event that the kernel can record. */
export interface KernelEvent {
  readonly system: string;
  /** Name in tracefs: `sys_enter_openat`. */
  readonly kernelName: string;
  /** Name in LTTng's traces, commands and listings: `syscall_entry_openat`. */
  readonly name: string;
  readonly kind: 'tracepoint' | 'syscall';
  /** Name of the system call: `openat`; undefined of a tracepoint. */
  readonly syscall: string | undefined;
}

export function kernelEvent(system: string, kernelName: string): KernelEvent {
  const syscall = system === SYSCALLS ? SYSCALL.exec(kernelName)?.[1] : undefined;
  const kind = syscall === undefined ? 'tracepoint' : 'syscall';
  return { system, kernelName, name: lttngName(system, kernelName), kind, syscall };
}

/**
 * Fields of an event in the trace, with LTTng's names.
 *
 * Fields with a fixed place come first, then those whose place each record tells: so the first part of all records of
 * an event is a copy of the same words.
 */
export function recordFields(system: string, { fields }: Pick<EventFormat, 'fields'>): RecordField[] {
  const names = new Set(fields.map(({ name }) => name));
  const recorded = fields
    .filter((field) => !isLeftOut(system, field.name) && field.size > 0)
    .map((field) => {
      const renamed = lttngFieldName(system, field.name);
      return recordFieldIn(system, field, names.has(renamed) ? field.name : renamed);
    });
  return [...recorded.filter(isFixed), ...recorded.filter((field) => !isFixed(field))];
}

function recordFieldIn(system: string, field: FormatField, name: string): RecordField {
  const recorded = recordFieldOf(field, name, system === SYSCALLS);
  const minus = lttngMinus(system, field.name);
  if (minus === 0 || recorded.kind !== 'integer' || recorded.shape.bytes !== 4) return recorded;
  return { ...recorded, minus, shape: { ...recorded.shape, signed: true } };
}
