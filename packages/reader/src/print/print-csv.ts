import { csvCell, jsonText } from '@ringtail/base/text';
import {
  type EventMessage,
  type FieldClass,
  type FieldValue,
  type Message,
  type StructureFieldClass,
  type StructureValue,
  VariantValue,
} from '@ringtail/ctf';
import type { OpenedTrace } from '../trace/opened-trace.ts';
import { jsonOf } from './event-json.ts';
import { printLines } from './print-lines.ts';
import type { TextSink } from './text-sink.ts';

/** Columns that every event fills; the columns of fields follow. */
const FIXED = ['at', 'name', 'stream'] as const;

/**
 * Prints events as comma-separated values: one table, with a row for each event and a column for each field that any
 * event of the traces may have. A cell is empty where an event lacks the field.
 *
 * Columns are the time in nanoseconds from the clock's origin, the event's name, the identifier of its data stream,
 * then contexts as `ctx.NAME` and payload members by name. Members of structures are `a.b`. Arrays, variants and
 * optional fields are JSON. Texts are as `csvCell` makes them: no terminal obeys them, and no spreadsheet runs them.
 *
 * @param hasEvent which events may occur, by name; others get no columns
 * @returns number of printed events, fewer than there are if the sink did not want more
 * @see RFC 4180
 */
export function printCsv(
  traces: readonly OpenedTrace[],
  messages: Iterable<Message>,
  sink: TextSink,
  hasEvent: (name: string) => boolean = () => true,
): number {
  const columns = new Map<string, number>();
  for (const column of [...FIXED, ...contextColumns(traces, hasEvent), ...payloadColumns(traces, hasEvent)]) {
    if (!columns.has(column)) columns.set(column, columns.size);
  }
  const head = `${[...columns.keys()].map(csvCell).join(',')}\n`;
  return printLines(messages, sink, (event) => row(event, columns), head);
}

function contextColumns(traces: readonly OpenedTrace[], hasEvent: (name: string) => boolean): string[] {
  return traces.flatMap((trace) =>
    trace.class.dataStreamClasses.flatMap((stream) => [
      ...columnsOf(stream.packetContext, 'ctx.'),
      ...columnsOf(stream.eventRecordCommonContext, 'ctx.'),
      ...stream.eventRecordClasses.filter((e) => hasEvent(e.name)).flatMap((e) => columnsOf(e.specificContext, 'ctx.')),
    ]),
  );
}

function payloadColumns(traces: readonly OpenedTrace[], hasEvent: (name: string) => boolean): string[] {
  return traces.flatMap((trace) =>
    trace.class.dataStreamClasses.flatMap((stream) =>
      stream.eventRecordClasses.filter((e) => hasEvent(e.name)).flatMap((e) => columnsOf(e.payload, '')),
    ),
  );
}

function columnsOf(structure: StructureFieldClass | undefined, prefix: string): string[] {
  return (structure?.members ?? []).flatMap(({ name, fieldClass }) => columnsOfField(fieldClass, prefix + name));
}

function columnsOfField(fieldClass: FieldClass, name: string): string[] {
  return fieldClass.kind === 'structure' ? columnsOf(fieldClass, `${name}.`) : [name];
}

function row(event: EventMessage, columns: ReadonlyMap<string, number>): string {
  const cells = new Array<string>(columns.size).fill('');
  cells[0] = String(event.at);
  cells[1] = csvCell(event.class.name);
  cells[2] = String(event.stream.id);
  fill(cells, columns, event.packet.context, 'ctx.');
  fill(cells, columns, event.commonContext, 'ctx.');
  fill(cells, columns, event.specificContext, 'ctx.');
  fill(cells, columns, event.payload, '');
  return `${cells.join(',')}\n`;
}

function fill(
  cells: string[],
  columns: ReadonlyMap<string, number>,
  structure: StructureValue | undefined,
  prefix: string,
): void {
  for (const name in structure) {
    const value = structure[name];
    const column = columns.get(prefix + name);
    if (column !== undefined) cells[column] = cell(value);
    else if (isStructure(value)) fill(cells, columns, value, `${prefix}${name}.`);
  }
}

function isStructure(value: FieldValue): value is StructureValue {
  return (
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof VariantValue) &&
    !(value instanceof Uint8Array)
  );
}

function cell(value: FieldValue): string {
  switch (typeof value) {
    case 'undefined':
      return '';
    case 'string':
      return csvCell(value);
    case 'object': {
      if (value instanceof VariantValue && typeof value.value !== 'object') return cell(value.value);
      const json = jsonOf(value);
      // An optional field that is absent, as an option of a variant.
      if (json === undefined) return '';
      return csvCell(typeof json === 'string' ? json : jsonText(json));
    }
    default:
      return String(value);
  }
}
