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
  /** Name of the provider whose events these are. */
  readonly scope: string;
}

/** A time span between two events, or of an event with a duration. */
export interface TelemetrySpan extends TelemetryRecord, SpanIdentifiers {
  readonly parentSpanId: string | undefined;
  readonly kind: TelemetrySpanKind;
  readonly begin: Instant;
  readonly end: Instant;
  /** Why it failed, possibly empty; undefined without an error. */
  readonly error: string | undefined;
}

/** An event that is no part of a span. */
export interface TelemetryLog extends TelemetryRecord {
  readonly at: Instant;
  /** OpenTelemetry's severity, 1 to 24. */
  readonly severity: number;
  readonly body: string | undefined;
  /** The span that it belongs to. */
  readonly span: SpanIdentifiers | undefined;
}
