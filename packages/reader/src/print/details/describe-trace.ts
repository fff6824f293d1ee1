import { visibleLine } from '@ringtail/base/text';
import type {
  Attributes,
  AttributeValue,
  ClockClass,
  DataStreamClass,
  EventRecordClass,
  IntegerRole,
  StructureFieldClass,
  TraceClass,
} from '@ringtail/ctf';
import { type DataStreamLinks, integerOf, type Links } from '@ringtail/ctf/internal';
import type { OpenedTrace } from '../../trace/opened-trace.ts';
import type { TraceStream } from '../../trace/trace-stream.ts';
import { ClassDescription, compareBytes } from './describe-class.ts';
import { detailsFloat, detailsInteger } from './details-number.ts';

const LOG_LEVELS = [
  'Emergency',
  'Alert',
  'Critical',
  'Error',
  'Warning',
  'Notice',
  'Info',
  'Debug (system)',
  'Debug (program)',
  'Debug (process)',
  'Debug (module)',
  'Debug (unit)',
  'Debug (function)',
  'Debug (line)',
  'Debug',
];

/** Describes the metadata of a trace. */
export function describeTraceClass({ class: traceClass, streams }: OpenedTrace): string {
  const classes = traceClass.dataStreamClasses.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const texts = classes.map((c) => describeStreamClass(c, decoderOf(c, streams), traceClass));
  return `Trace class:\n${texts.join('')}`;
}

type Decoder = NonNullable<ReturnType<TraceStream['decoder']['dataStreamDecoder']>>;

function decoderOf(dataStreamClass: DataStreamClass, streams: readonly TraceStream[]): Decoder | undefined {
  return streams[0]?.decoder.dataStreamDecoder(dataStreamClass.id);
}

function describeStreamClass(
  dataStreamClass: DataStreamClass,
  decoder: Decoder | undefined,
  { version }: TraceClass,
): string {
  const { packetContext, id, name } = dataStreamClass;
  const has = (role: IntegerRole) => yesOrNo(packetContext !== undefined && hasRole(packetContext, role));
  const hasTimes = has('default-clock-timestamp') === 'Yes' && has('packet-end-default-clock-timestamp') === 'Yes';
  const losses = (what: string, supported: string) => [
    `Supports discarded ${what}: ${supported}`,
    ...(supported === 'Yes'
      ? [`Discarded ${what} have default clock snapshots: ${yesOrNo(hasTimes && decoder?.clockClass !== undefined)}`]
      : []),
  ];
  const lines = [
    ...userAttributes(dataStreamClass.attributes, '    '),
    'Supports packets: Yes',
    `Packets have beginning default clock snapshot: ${has('default-clock-timestamp')}`,
    `Packets have end default clock snapshot: ${has('packet-end-default-clock-timestamp')}`,
    ...losses('events', has('discarded-event-record-counter-snapshot')),
    ...losses('packets', has('packet-sequence-number')),
    ...(decoder?.clockClass === undefined ? [] : clockLines(decoder.clockClass, version.major)),
    ...(decoder === undefined ? [] : commonScopes(dataStreamClass, decoder.links)),
  ];
  const events = dataStreamClass.eventRecordClasses
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((event) => describeEventClass(event, decoder?.links));
  const title = `  Stream class${name === undefined ? '' : ` \`${visibleLine(name)}\``} (ID ${detailsInteger(id)}):\n`;
  return title + lines.map((line) => `    ${line}\n`).join('') + events.join('');
}

function commonScopes(stream: DataStreamClass, { common }: DataStreamLinks): string[] {
  return [
    ...scopeLine('Packet context', stream.packetContext, new ClassDescription('packet-context', [common]), '    '),
    ...scopeLine(
      'Event common context',
      stream.eventRecordCommonContext,
      new ClassDescription('event-record-common-context', [common]),
      '    ',
    ),
  ];
}

function scopeLine(
  name: string,
  root: StructureFieldClass | undefined,
  classes: ClassDescription,
  indent: string,
): string[] {
  if (root === undefined || !classes.isShown(root)) return [];
  return [`${name} field class: ${classes.text(root, indent)}`];
}

function describeEventClass(event: EventRecordClass, links: DataStreamLinks | undefined): string {
  const own: readonly Links[] = links === undefined ? [] : [links.eventRecordClasses.get(event)!, links.common];
  const emfUri = event.emfUri === undefined ? [] : [`EMF URI: ${visibleLine(event.emfUri)}`];
  const lines = [
    ...userAttributes(event.attributes, '      '),
    ...(event.logLevel === undefined ? [] : [`Log level: ${LOG_LEVELS[event.logLevel] ?? event.logLevel}`]),
    ...emfUri,
    ...scopeLine(
      'Specific context',
      event.specificContext,
      new ClassDescription('event-record-specific-context', own),
      '      ',
    ),
    ...scopeLine('Payload', event.payload, new ClassDescription('event-record-payload', own), '      '),
  ];
  const name = event.name === '' ? '' : ` \`${visibleLine(event.name)}\``;
  return `    Event class${name} (ID ${detailsInteger(event.id)}):\n${lines.map((line) => `      ${line}\n`).join('')}`;
}

function clockLines(clock: ClockClass, version: 1 | 2): string[] {
  const cycles = ((clock.offsetCycles % clock.frequency) + clock.frequency) % clock.frequency;
  const seconds = clock.offsetSeconds + (clock.offsetCycles - cycles) / clock.frequency;
  // An absent precision is unknown in CTF 2, and 0 in CTF 1.8.
  const precision = clock.precision ?? (version === 1 ? 0n : undefined);
  return [
    'Default clock class:',
    `  Name: ${visibleLine(clock.name)}`,
    ...(clock.uuid === undefined ? [] : [`  UID: ${visibleLine(clock.uuid)}`]),
    ...(clock.description === undefined ? [] : [`  Description: ${visibleLine(clock.description)}`]),
    `  Frequency (Hz): ${detailsInteger(clock.frequency)}`,
    ...(precision === undefined ? [] : [`  Precision (cycles): ${detailsInteger(precision)}`]),
    ...(clock.accuracy === undefined ? [] : [`  Accuracy (cycles): ${detailsInteger(clock.accuracy)}`]),
    `  Offset from origin (s): ${detailsInteger(seconds)}`,
    `  Offset from origin (cycles): ${detailsInteger(cycles)}`,
    ...originLines(clock),
  ];
}

function originLines({ originIsUnixEpoch, origin }: ClockClass): string[] {
  if (originIsUnixEpoch) return ['  Origin: Unix epoch'];
  if (origin === undefined) return [];
  const { namespace, name, uid } = origin;
  return [
    '  Origin:',
    ...(namespace === undefined ? [] : [`    Namespace: ${visibleLine(namespace)}`]),
    ...(name === undefined ? [] : [`    Name: ${visibleLine(name)}`]),
    ...(uid === undefined ? [] : [`    UID: ${visibleLine(uid)}`]),
  ];
}

function hasRole({ members }: StructureFieldClass, role: IntegerRole): boolean {
  return members.some(({ fieldClass }) => {
    if (fieldClass.kind === 'structure') return hasRole(fieldClass, role);
    return integerOf(fieldClass)?.roles?.includes(role) ?? false;
  });
}

function yesOrNo(value: boolean): 'Yes' | 'No' {
  return value ? 'Yes' : 'No';
}

/** Describes the trace of a data stream, at the begin of the data stream. */
export function describeTrace(trace: OpenedTrace): string {
  const { environment } = trace.class;
  const { namespace, uid } = identityOf(trace.class);
  const identity = [
    ...(namespace === undefined ? [] : [`Namespace \`${visibleLine(namespace)}\``]),
    ...(uid === undefined ? [] : [`UID \`${visibleLine(uid)}\``]),
  ].join(', ');
  const entries = [...environment].sort(([a], [b]) => compareBytes(a, b));
  const environmentLines =
    entries.length === 0
      ? []
      : [
          `    Environment (${entries.length} entr${entries.length === 1 ? 'y' : 'ies'}):\n`,
          ...entries.map(
            ([name, value]) =>
              `      ${visibleLine(name)}: ${typeof value === 'string' ? visibleLine(value) : detailsInteger(value)}\n`,
          ),
        ];
  const streams = trace.streams
    .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map(({ id, class: of }) => `    Stream (ID ${detailsInteger(id)}, Class ID ${detailsInteger(of?.id ?? 0n)})\n`);
  const name = trace.name === '' ? '' : ` \`${visibleLine(trace.name)}\``;
  return `  Trace${name}${identity === '' ? '' : ` (${identity})`}:\n${[...environmentLines, ...streams].join('')}`;
}

function identityOf({ version, identity, uuid, environment }: TraceClass) {
  if (version.major === 2) return { namespace: identity?.namespace, uid: identity?.uid };
  const isLttng = String(environment.get('tracer_name') ?? '').startsWith('lttng-');
  return { namespace: isLttng ? 'lttng.org,2009' : undefined, uid: uuid };
}

/** Babeltrace's own attributes are no attributes of the user. */
const OWN_NAMESPACE = 'babeltrace.org,2020';

function userAttributes(attributes: Attributes | undefined, indent: string): string[] {
  const own = Object.entries(attributes ?? {}).filter(([namespace]) => namespace !== OWN_NAMESPACE);
  return own.length === 0 ? [] : [`User attributes:${attributeText(Object.fromEntries(own), indent)}`];
}

function attributeText(value: AttributeValue, indent: string): string {
  const inner = `${indent}  `;
  if (value === null) return ' Null';
  if (typeof value === 'boolean') return value ? ' Yes' : ' No';
  if (typeof value === 'bigint') return ` ${detailsInteger(value)}`;
  if (typeof value === 'number') return ` ${detailsFloat(value)}`;
  if (typeof value === 'string') return ` ${visibleLine(value)}`;
  if (isList(value)) {
    const lines = value.map((element, i) => `\n${inner}[${i}]:${attributeText(element, inner)}`);
    return lines.length === 0 ? ' Empty' : ` Length ${detailsInteger(lines.length)}:${lines.join('')}`;
  }
  const entries = Object.entries(value).sort(([a], [b]) => compareBytes(a, b));
  if (entries.length === 0) return ' Empty';
  return entries.map(([name, entry]) => `\n${inner}${visibleLine(name)}:${attributeText(entry, inner)}`).join('');
}

function isList(value: object): value is readonly AttributeValue[] {
  return Array.isArray(value);
}
