import type { Instant } from '@ringtail/base';

/** A value in OpenTelemetry's data model. Integers are exact: larger ones are decimal text. */
export type AttributeValue =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [name: string]: AttributeValue };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The process that recorded spans and logs. One object for each process. */
export interface TelemetryResource {
  readonly attributes: Attributes;
}

/** Identifiers in lower-case hexadecimal digits: 32 of the trace, 16 of the span. */
export interface SpanIdentifiers {
  readonly traceId: string;
  readonly spanId: string;
}

export type TelemetrySpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** What spans and logs have in common. */
interface TelemetryRecord {
  readonly name: string;
  readonly attributes: Attributes;
  readonly resource: TelemetryResource;
  /** The thread that recorded it; undefined or absent if it is unknown. */
  readonly tid?: AttributeValue | undefined;
  /** Name of the provider whose events these are, or of OpenTelemetry's instrumentation scope. */
  readonly scope: string;
  readonly scopeVersion?: string;
}

/** Something that happened during a span of OpenTelemetry. */
export interface TelemetrySpanEvent {
  readonly name: string;
  readonly time: Instant;
  readonly attributes: Attributes;
  /** Attributes that were left out. */
  readonly dropped: number;
}

/** Another span that a span of OpenTelemetry names. */
export interface TelemetryLink extends SpanIdentifiers {
  readonly attributes: Attributes;
  readonly dropped: number;
}

/** A time span between two events, or of an event with a duration. */
export interface TelemetrySpan extends TelemetryRecord, SpanIdentifiers {
  readonly parentSpanId: string | undefined;
  readonly kind: TelemetrySpanKind;
  readonly begin: Instant;
  readonly end: Instant;
  /** Why it failed, possibly empty; undefined without an error. */
  readonly error: string | undefined;
  /** Of a span of OpenTelemetry: whether the program says that it has succeeded. */
  readonly isOk?: boolean;
  readonly events?: readonly TelemetrySpanEvent[];
  readonly links?: readonly TelemetryLink[];
  /** Numbers of what was left out. */
  readonly dropped?: { readonly attributes: number; readonly events: number; readonly links: number };
}

/** An event that is no part of a span. */
export interface TelemetryLog extends TelemetryRecord {
  readonly at: Instant;
  /** Of the time span that the event reports, such as a garbage collection; absent for other events. */
  readonly begin?: Instant;
  /** OpenTelemetry's severity, 1 to 24. */
  readonly severity: number;
  /** The program's name of the severity; undefined or empty: OpenTelemetry's name. */
  readonly severityText?: string;
  /** Number of attributes that were left out. */
  readonly dropped?: number;
  readonly body: string | undefined;
  /** The span that it belongs to. */
  readonly span: SpanIdentifiers | undefined;
}
