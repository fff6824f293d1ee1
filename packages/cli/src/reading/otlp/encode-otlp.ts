import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { TelemetryLog, TelemetrySpan } from '@ringtail/analyses';
import type { Instant } from '@ringtail/base';

type ReadableSpan = Parameters<typeof JsonTraceSerializer.serializeRequest>[0][number];
type ReadableLog = Parameters<typeof JsonLogsSerializer.serializeRequest>[0][number];

/** The two encodings of OTLP. */
export type OtlpEncoding = 'json' | 'protobuf';
export type OtlpSignal = 'traces' | 'logs';

/** Values of `SpanKind` of `@opentelemetry/api`. */
const KINDS = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;
/** Values of `SpanStatusCode` of `@opentelemetry/api`. */
const UNSET = 0;
const OK = 1;
const ERROR = 2;
const SAMPLED = 1;

/** Encodes spans as one request of OTLP. */
export function encodeSpans(spans: readonly TelemetrySpan[], encoding: OtlpEncoding): Uint8Array {
  const serializer = encoding === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  return encoded(serializer.serializeRequest(spans.map(readableSpan)));
}

/** Encodes logs as one request of OTLP. */
export function encodeLogs(logs: readonly TelemetryLog[], encoding: OtlpEncoding): Uint8Array {
  const serializer = encoding === 'json' ? JsonLogsSerializer : ProtobufLogsSerializer;
  const scopes = new Map<string, Scope>();
  return encoded(
    serializer.serializeRequest(
      logs.map((log) => {
        let scope = scopes.get(log.scope);
        if (scope === undefined) {
          scope = { name: log.scope };
          scopes.set(log.scope, scope);
        }
        return readableLog(log, scope);
      }),
    ),
  );
}

interface Scope {
  readonly name: string;
}

/** What a collector has to say about a request. */
export interface OtlpAnswer {
  /** Spans or logs that it has refused. */
  readonly rejected: number;
  readonly message: string;
}

/** Decodes the response of a collector. */
export function decodeAnswer(bytes: Uint8Array, signal: OtlpSignal, encoding: OtlpEncoding): OtlpAnswer {
  if (signal === 'traces') {
    const serializer = encoding === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer;
    const { partialSuccess: part } = serializer.deserializeResponse(bytes);
    return { rejected: Number(part?.rejectedSpans ?? 0), message: String(part?.errorMessage ?? '') };
  }
  const serializer = encoding === 'json' ? JsonLogsSerializer : ProtobufLogsSerializer;
  const { partialSuccess: part } = serializer.deserializeResponse(bytes);
  return { rejected: Number(part?.rejectedLogRecords ?? 0), message: String(part?.errorMessage ?? '') };
}

function readableSpan(span: TelemetrySpan): ReadableSpan {
  const { traceId, spanId, parentSpanId, error } = span;
  const read: Partial<Record<keyof ReadableSpan, unknown>> = {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => ({ traceId, spanId, traceFlags: SAMPLED }),
    ...(parentSpanId !== undefined && {
      parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: SAMPLED, isRemote: false },
    }),
    startTime: timeOf(span.begin),
    endTime: timeOf(span.end),
    status:
      error === undefined
        ? { code: span.isOk === true ? OK : UNSET }
        : { code: ERROR, ...(error !== '' && { message: error }) },
    attributes: span.attributes,
    links: (span.links ?? []).map(({ attributes, dropped, ...linked }) => ({
      context: { ...linked, traceFlags: SAMPLED },
      attributes,
      droppedAttributesCount: dropped,
    })),
    events: (span.events ?? []).map(({ name, time, attributes, dropped }) => ({
      name,
      time: timeOf(time),
      attributes,
      droppedAttributesCount: dropped,
    })),
    resource: span.resource,
    instrumentationScope: { name: span.scope, ...(span.scopeVersion && { version: span.scopeVersion }) },
    droppedAttributesCount: span.dropped?.attributes ?? 0,
    droppedEventsCount: span.dropped?.events ?? 0,
    droppedLinksCount: span.dropped?.links ?? 0,
  };
  return read as unknown as ReadableSpan;
}

function readableLog(log: TelemetryLog, instrumentationScope: Scope): ReadableLog {
  const read: Partial<Record<keyof ReadableLog, unknown>> = {
    hrTime: timeOf(log.at),
    hrTimeObserved: timeOf(log.at),
    severityNumber: log.severity,
    severityText: log.severityText || severityText(log.severity),
    ...(log.body !== undefined && { body: log.body }),
    ...(log.name !== '' && { eventName: log.name }),
    attributes: log.attributes,
    droppedAttributesCount: log.dropped ?? 0,
    resource: log.resource,
    instrumentationScope,
    ...(log.span !== undefined && { spanContext: { ...log.span, traceFlags: SAMPLED } }),
  };
  return read as unknown as ReadableLog;
}

/** OTLP has no times before 1970. */
function timeOf({ seconds, nanoseconds }: Instant): [number, number] {
  return seconds < 0 ? [0, 0] : [seconds, nanoseconds];
}

/** The short name of a severity: `INFO`, `INFO2`. @see OpenTelemetry Logs Data Model, displaying severity */
function severityText(severity: number): string {
  const name = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][Math.floor((severity - 1) / 4)] ?? '';
  const rank = ((severity - 1) % 4) + 1;
  return rank === 1 ? name : `${name}${rank}`;
}

function encoded(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new Error('the encoder of OpenTelemetry has made nothing');
  return bytes;
}
