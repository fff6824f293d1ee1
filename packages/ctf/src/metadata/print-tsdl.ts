import type { ByteOrder, FieldScope, IntegerRole, StructureFieldClass } from '../model/field-class.ts';
import type { ClockClass, DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';
import { tsdlStructure } from './print-tsdl-field-class.ts';
import { tsdlIdentifier, tsdlString } from './print-tsdl-text.ts';

/**
 * Metadata of CTF 1.8, as text. Pieces can be appended to a metadata file one by one, in this order: the preamble, then
 * data stream classes, each before its event record classes.
 *
 * Unlike LTTng's, this text defines no names of types, so that a piece depends on nothing but the pieces before it.
 *
 * @throws {MetadataPrintError} where CTF 1.8 cannot express the model, such as a member name that is no identifier
 * @see CTF 1.8.3 §7 and appendix C
 */
export function printTsdl(trace: TraceClass): string {
  // Where packets have no data stream class identifier, readers accept no identifier in the metadata.
  const isNumbered = trace.packetHeader !== undefined && hasRole(trace.packetHeader, 'data-stream-class-id');
  const streams = trace.dataStreamClasses.flatMap((stream) => [
    dataStreamClass(stream, isNumbered ? stream.id : undefined, trace.byteOrder),
    ...stream.eventRecordClasses.map((event) =>
      eventRecordClass(isNumbered ? stream.id : undefined, event, trace.byteOrder),
    ),
  ]);
  return [tsdlPreamble(trace), ...streams].join('');
}

/** The version line and all that belongs to the trace as a whole: trace, environment and clock blocks. */
export function tsdlPreamble(trace: TraceClass): string {
  const uuid = trace.uuid === undefined ? [] : [`uuid = ${tsdlString(trace.uuid)};`];
  const block = printBlock('trace', [
    'major = 1;',
    'minor = 8;',
    ...uuid,
    `byte_order = ${trace.byteOrder};`,
    ...assignment('packet.header', trace.packetHeader, 'packet-header', trace.byteOrder),
  ]);
  return [`/* CTF 1.8 */\n\n`, block, tsdlEnvironment(trace.environment), ...trace.clockClasses.map(clockBlock)].join(
    '',
  );
}

/** A data stream class without its event record classes. */
export function tsdlDataStreamClass(stream: DataStreamClass, nativeByteOrder: ByteOrder = 'le'): string {
  return dataStreamClass(stream, stream.id, nativeByteOrder);
}

function dataStreamClass(stream: DataStreamClass, id: bigint | undefined, nativeByteOrder: ByteOrder): string {
  return printBlock('stream', [
    ...(id === undefined ? [] : [`id = ${id};`]),
    ...assignment('event.header', stream.eventRecordHeader, 'event-record-header', nativeByteOrder),
    ...assignment('packet.context', stream.packetContext, 'packet-context', nativeByteOrder),
    ...assignment('event.context', stream.eventRecordCommonContext, 'event-record-common-context', nativeByteOrder),
  ]);
}

export function tsdlEventRecordClass(
  streamClassId: bigint,
  event: EventRecordClass,
  nativeByteOrder: ByteOrder = 'le',
): string {
  return eventRecordClass(streamClassId, event, nativeByteOrder);
}

function eventRecordClass(
  streamClassId: bigint | undefined,
  event: EventRecordClass,
  nativeByteOrder: ByteOrder,
): string {
  const logLevel = event.logLevel === undefined ? [] : [`loglevel = ${event.logLevel};`];
  const emfUri = event.emfUri === undefined ? [] : [`model.emf.uri = ${tsdlString(event.emfUri)};`];
  return printBlock('event', [
    ...(event.name === '' ? [] : [`name = ${tsdlString(event.name)};`]),
    `id = ${event.id};`,
    ...(streamClassId === undefined ? [] : [`stream_id = ${streamClassId};`]),
    ...logLevel,
    ...emfUri,
    ...assignment('context', event.specificContext, 'event-record-specific-context', nativeByteOrder),
    ...assignment('fields', event.payload, 'event-record-payload', nativeByteOrder),
  ]);
}

/** Entries of the environment. Metadata may have several such blocks: a trace has the entries of all of them. */
export function tsdlEnvironment(environment: TraceClass['environment']): string {
  if (environment.size === 0) return '';
  return printBlock(
    'env',
    Array.from(environment, ([name, value]) => {
      return `${tsdlIdentifier(name)} = ${typeof value === 'string' ? tsdlString(value) : value};`;
    }),
  );
}

function clockBlock(clock: ClockClass): string {
  const lines = [`name = ${tsdlString(tsdlIdentifier(clock.name))};`];
  if (clock.uuid !== undefined) lines.push(`uuid = ${tsdlString(clock.uuid)};`);
  if (clock.description !== undefined) lines.push(`description = ${tsdlString(clock.description)};`);
  lines.push(`freq = ${clock.frequency};`);
  if (clock.precision !== undefined) lines.push(`precision = ${clock.precision};`);
  lines.push(`offset_s = ${clock.offsetSeconds};`, `offset = ${clock.offsetCycles};`);
  if (clock.originIsUnixEpoch) lines.push('absolute = TRUE;');
  return printBlock('clock', lines);
}

function hasRole({ members }: StructureFieldClass, role: IntegerRole): boolean {
  return members.some(({ fieldClass }) => {
    if (fieldClass.kind === 'structure') return hasRole(fieldClass, role);
    const integer = fieldClass.kind === 'enumeration' ? fieldClass.container : fieldClass;
    return integer.kind === 'integer' && (integer.roles?.includes(role) ?? false);
  });
}

function assignment(
  name: string,
  structure: StructureFieldClass | undefined,
  scope: FieldScope,
  nativeByteOrder: ByteOrder,
): readonly string[] {
  if (structure === undefined) return [];
  return [`${name} := ${tsdlStructure(structure, { scope, nativeByteOrder }, '\t')};`];
}

function printBlock(keyword: string, lines: readonly string[]): string {
  return `${keyword} {\n${lines.map((line) => `\t${line}\n`).join('')}};\n\n`;
}
