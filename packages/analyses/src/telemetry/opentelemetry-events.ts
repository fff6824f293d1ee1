import { type Instant, instantOf } from '@ringtail/base';
import { wellFormed } from './attributes.ts';
import { severityOf } from './severity.ts';
import type {
  Attributes,
  AttributeValue,
  SpanIdentifiers,
  TelemetryLog,
  TelemetrySpan,
  TelemetrySpanKind,
} from './telemetry-records.ts';

/** Events that record what the program has made with OpenTelemetry itself. */
export const SPAN_BEGIN = 'otel:span_begin';
export const SPAN_END = 'otel:span_end';
const LOG = /^otel:log_\w+$/;

const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;
/** Values within values; the SDK has attributes with lists, and logs with structures. */
const DEPTH_MAX = 16;
const KINDS: readonly unknown[] = ['internal', 'server', 'client', 'producer', 'consumer'];

type OwnSpan = Omit<TelemetrySpan, 'resource'>;
type OwnLog = Omit<TelemetryLog, 'resource' | 'at'> & { readonly at: Instant | undefined };

/** The identifiers in an event; undefined if it has none that are valid. */
export function ownIdentifiers({ trace_id: traceId, span_id: spanId }: Attributes): SpanIdentifiers | undefined {
  return isText(traceId, TRACE_ID) && isText(spanId, SPAN_ID) ? { traceId, spanId } : undefined;
}

/** The span of OpenTelemetry that an event with these fields records; undefined if the event is no such event. */
export function ownSpan(name: string, fields: Attributes): OwnSpan | undefined {
  const ids = name === SPAN_END ? ownIdentifiers(fields) : undefined;
  const [begin, end] = [timeIn(fields.start_unix_ns), timeIn(fields.end_unix_ns)];
  if (ids === undefined || begin === undefined || end === undefined) return undefined;
  const { parent_span_id: parent, kind, status, status_message: message } = fields;
  return {
    ...ids,
    name: textIn(fields.name),
    parentSpanId: isText(parent, SPAN_ID) ? parent : undefined,
    kind: KINDS.includes(kind) ? (kind as TelemetrySpanKind) : 'internal',
    begin,
    end,
    error: status === 'error' ? textIn(message) : undefined,
    isOk: status === 'ok',
    scope: textIn(fields.scope),
    scopeVersion: textIn(fields.scope_version),
    attributes: attributesIn(fields.attributes),
    events: partsIn(fields.events).flatMap(([event, at, attributes, dropped]) => {
      const time = timeIn(at as AttributeValue);
      return time === undefined
        ? []
        : [{ name: textIn(event), time, attributes: attributesIn(attributes), dropped: countIn(dropped) }];
    }),
    links: partsIn(fields.links).flatMap(([traceId, spanId, attributes, dropped]) => {
      const linked = ownIdentifiers({ trace_id: textIn(traceId), span_id: textIn(spanId) });
      return linked === undefined
        ? []
        : [{ ...linked, attributes: attributesIn(attributes), dropped: countIn(dropped) }];
    }),
    dropped: {
      attributes: countIn(fields.attributes_dropped),
      events: countIn(fields.events_dropped),
      links: countIn(fields.links_dropped),
    },
  };
}

/** The log of OpenTelemetry that an event with these fields records; undefined if the event is no such event. */
export function ownLog(name: string, logLevel: number | undefined, fields: Attributes): OwnLog | undefined {
  if (!LOG.test(name)) return undefined;
  const { severity_number: severity, severity_text: severityText } = fields;
  return {
    at: timeIn(fields.time_unix_ns),
    name: textIn(fields.event_name),
    severity: typeof severity === 'number' && severity > 0 && severity <= 24 ? severity : severityOf(logLevel),
    severityText: textIn(severityText),
    body: textIn(fields.message),
    attributes: attributesIn(fields.attributes),
    dropped: countIn(fields.attributes_dropped),
    span: ownIdentifiers(fields),
    scope: textIn(fields.scope),
  };
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function countIn(value: unknown): number {
  return Number.isSafeInteger(value) ? Math.max(0, value as number) : 0;
}

/** Nanoseconds since the Unix epoch: they are larger than numbers are exact, so they are texts. */
function timeIn(value: unknown): Instant | undefined {
  return isText(value, /^[1-9]\d{0,18}$/) ? instantOf(BigInt(value)) : undefined;
}

function attributesIn(json: unknown): Attributes {
  const parsed = parsedJson(json);
  return isStructure(parsed) ? structureOf(parsed) : {};
}

function partsIn(json: unknown): readonly (readonly unknown[])[] {
  const parsed = parsedJson(json);
  return Array.isArray(parsed) ? parsed.filter(Array.isArray) : [];
}

function parsedJson(json: unknown): unknown {
  try {
    return JSON.parse(textIn(json));
  } catch {
    return undefined;
  }
}

function isStructure(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function structureOf(value: object, depth = 0): Attributes {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [wellFormed(name), checkedValue(one, depth)]));
}

function checkedValue(value: unknown, depth: number): AttributeValue {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (depth >= DEPTH_MAX) return '…';
  if (Array.isArray(value)) return value.map((one) => checkedValue(one, depth + 1));
  return isStructure(value) ? structureOf(value, depth + 1) : '';
}
