import { UUID_BYTES } from '@ringtail/base';
import type { FieldScope, StructureFieldClass, StructureMember } from '../model/field-class.ts';
import { clockNameIn } from '../model/field-class-walk.ts';
import type { ClockClass, DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';
import { uuidBytes } from '../model/uuid.ts';
import { type JsonTree, jsonText } from './json-text.ts';
import { LOG_LEVEL_NAMES } from './log-level-names.ts';
import { Ctf2FieldClassPrinter, type JsonMembers } from './print-ctf2-field-class.ts';

/** LTTng's namespace, in which readers find log levels and the trace's UUID. */
const LTTNG_NAMESPACE = 'lttng.org,2009';

/**
 * Metadata of CTF 2: a JSON text sequence, with each fragment behind a record separator and on a line of its own.
 * Pieces can be appended to a metadata file one by one, in this order: the preamble, then data stream classes, each
 * before its event record classes.
 *
 * @throws {MetadataPrintError} where CTF 2 cannot express the model
 * @see CTF2-SPEC-2.0 §5
 */
export function printCtf2(trace: TraceClass): string {
  const streams = trace.dataStreamClasses.flatMap((stream) => [
    ctf2DataStreamClass(trace, stream),
    ...stream.eventRecordClasses.map((event) => ctf2EventRecordClass(trace, stream, event)),
  ]);
  return [ctf2Preamble(trace), ...streams].join('');
}

/** The preamble, trace class and clock class fragments. */
export function ctf2Preamble(trace: TraceClass): string {
  const uuid = trace.uuid === undefined ? undefined : Array.from(uuidBytes(trace.uuid));
  return [
    fragment('preamble', { version: 2, uuid }),
    fragment('trace-class', {
      ...(trace.identity ?? { namespace: LTTNG_NAMESPACE, name: '', uid: trace.uuid }),
      attributes: trace.attributes,
      environment: trace.environment.size > 0 ? trace.environment : undefined,
      'packet-header-field-class': packetHeader(trace),
    }),
    ...trace.clockClasses.map(clockClass),
  ].join('');
}

/** A data stream class without its event record classes. */
export function ctf2DataStreamClass(trace: TraceClass, stream: DataStreamClass): string {
  const scopes = scopesOf(trace, stream);
  return fragment('data-stream-class', {
    id: stream.id,
    namespace: stream.namespace,
    name: stream.name,
    uid: stream.uid,
    attributes: stream.attributes,
    'default-clock-class-id': stream.defaultClock ?? defaultClock(stream),
    'packet-context-field-class': print(scopes, 'packet-context'),
    'event-record-header-field-class': print(scopes, 'event-record-header'),
    'event-record-common-context-field-class': print(scopes, 'event-record-common-context'),
  });
}

export function ctf2EventRecordClass(trace: TraceClass, stream: DataStreamClass, event: EventRecordClass): string {
  const scopes = scopesOf(trace, stream, event);
  return fragment('event-record-class', {
    id: event.id,
    'data-stream-class-id': stream.id,
    namespace: event.namespace,
    name: event.name,
    uid: event.uid,
    attributes: eventAttributes(event),
    'specific-context-field-class': print(scopes, 'event-record-specific-context'),
    'payload-field-class': print(scopes, 'event-record-payload'),
  });
}

function eventAttributes({ logLevel, emfUri, attributes }: EventRecordClass): JsonMembers | undefined {
  if (logLevel === undefined && emfUri === undefined) return attributes;
  const own = {
    'log-level': logLevel === undefined ? undefined : LOG_LEVEL_NAMES[logLevel],
    'emf-uri': emfUri,
  };
  const others = attributes?.[LTTNG_NAMESPACE];
  const isMap = typeof others === 'object' && others !== null && !Array.isArray(others);
  return { ...attributes, [LTTNG_NAMESPACE]: { ...(isMap && others), ...own } };
}

function fragment(type: string, properties: { readonly [key: string]: JsonTree | undefined }): string {
  return `\u001e${jsonText({ type, ...properties })}\n`;
}

function clockClass(clock: ClockClass): string {
  // Only CTF 1.8 allows offsets of more cycles than a second has.
  const cycles = ((clock.offsetCycles % clock.frequency) + clock.frequency) % clock.frequency;
  const seconds = clock.offsetSeconds + (clock.offsetCycles - cycles) / clock.frequency;
  return fragment('clock-class', {
    id: clock.name,
    ...(clock.identity ?? { name: clock.name, uid: clock.uuid }),
    attributes: clock.attributes,
    description: clock.description,
    frequency: clock.frequency,
    precision: clock.precision,
    accuracy: clock.accuracy,
    origin: clock.originIsUnixEpoch ? 'unix-epoch' : clock.origin && { ...clock.origin },
    'offset-from-origin': { seconds, cycles },
  });
}

type Scopes = ReadonlyMap<FieldScope, StructureFieldClass>;

function scopesOf(trace: TraceClass, stream?: DataStreamClass, event?: EventRecordClass): Scopes {
  const scopes: readonly (readonly [FieldScope, StructureFieldClass | undefined])[] = [
    ['packet-header', trace.packetHeader],
    ['packet-context', stream?.packetContext],
    ['event-record-header', stream?.eventRecordHeader],
    ['event-record-common-context', stream?.eventRecordCommonContext],
    ['event-record-specific-context', event?.specificContext],
    ['event-record-payload', event?.payload],
  ];
  return new Map(scopes.flatMap(([scope, root]) => (root === undefined ? [] : [[scope, root] as const])));
}

function print(scopes: Scopes, scope: FieldScope): JsonTree | undefined {
  const root = scopes.get(scope);
  return root && new Ctf2FieldClassPrinter(scopes).structure(root);
}

/**
 * The trace's UUID in packet headers is an array of bytes in CTF 1.8 and in the model; CTF 2 knows it by a BLOB's role.
 */
function packetHeader(trace: TraceClass): JsonMembers | undefined {
  const { packetHeader: root } = trace;
  if (root === undefined) return undefined;
  const printer = new Ctf2FieldClassPrinter(scopesOf(trace));
  const members = printer.members(root).map((printed, i) => {
    // Without a UUID of the trace there is nothing to compare with.
    return trace.uuid !== undefined && isUuid(root.members[i]) ? { ...printed, 'field-class': UUID_BLOB } : printed;
  });
  return { ...printer.structure(root), 'member-classes': members };
}

const UUID_BLOB = { type: 'static-length-blob', length: UUID_BYTES, roles: ['metadata-stream-uuid'] };

function isUuid(member: StructureMember | undefined): boolean {
  return (
    member?.name === 'uuid' && member.fieldClass.kind === 'static-array' && member.fieldClass.length === UUID_BYTES
  );
}

/** The clock of the packets and event records of a data stream: CTF 2 allows one. */
function defaultClock(stream: DataStreamClass): string | undefined {
  const { packetContext, eventRecordHeader } = stream;
  return (eventRecordHeader && clockNameIn(eventRecordHeader)) ?? (packetContext && clockNameIn(packetContext));
}
