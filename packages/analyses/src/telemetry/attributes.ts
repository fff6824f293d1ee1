import {
  type EventMessage,
  type FieldClass,
  type FieldValue,
  type StructureFieldClass,
  type StructureValue,
  VariantValue,
} from '@ringtail/ctf';
import { shownValue } from '../fields/scalar-fields.ts';
import type { AttributeValue, SpanIdentifiers } from './telemetry-records.ts';

/** Contexts that `identityOf` reads. */
const IDENTITY = new Set([
  ...['vpid', 'pid', 'vtid', 'tid', 'pthread_id', 'procname'],
  ...['_app_node_trace_id', '_app_node_parent_span_id', '_app_otel_trace_id', '_app_otel_span_id'],
]);

const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;

/** OpenTelemetry's names for fields of the runtime's events about the network. */
const NETWORK_NAMES: Readonly<Record<string, string>> = {
  method: 'http.request.method',
  path: 'url.path',
  route: 'http.route',
  status: 'http.response.status_code',
  bytes_written: 'http.response.size',
  peer: 'network.peer.address',
  peer_port: 'network.peer.port',
  address: 'network.peer.address',
  authority: 'server.address',
  host: 'server.address',
  port: 'server.port',
  name: 'dns.question.name',
};
const NETWORK = /^node_(http2?|undici|net|tls|dns):/;
const EXCEPTION_NAMES: Readonly<Record<string, string>> = {
  error: 'exception.type',
  message: 'exception.message',
  stack: 'exception.stacktrace',
};
const EXCEPTION = 'node_process:uncaught_exception';

/** Process, thread and request of an event. */
export interface EventIdentity {
  readonly pid: AttributeValue | undefined;
  readonly tid: AttributeValue | undefined;
  readonly procname: AttributeValue | undefined;
  /** Undefined outside of requests, and without the context. */
  readonly requestId: AttributeValue | undefined;
  /** Of the caller of the request; undefined if it is unknown. */
  readonly traceId: string | undefined;
  /** The span that sent the request; undefined if it is unknown. */
  readonly callerSpanId: string | undefined;
  /** OpenTelemetry's span whose code has emitted the event; undefined without one, and without its contexts. */
  readonly activeSpan: SpanIdentifiers | undefined;
}

export function identityOf({ packet, commonContext, specificContext }: EventMessage): EventIdentity {
  const contexts = [specificContext, commonContext, packet.context];
  const find = (...names: readonly string[]) => {
    for (const context of contexts) {
      for (const name of names) {
        const value = attributeValue(context?.[name]);
        if (value !== undefined && value !== '') return value;
      }
    }
    return undefined;
  };
  const [traceId, spanId] = [find('_app_otel_trace_id'), find('_app_otel_span_id')];
  const active = { traceId: identifierIn(traceId, TRACE_ID), spanId: identifierIn(spanId, SPAN_ID) };
  return {
    pid: find('vpid', 'pid'),
    tid: find('vtid', 'tid', 'pthread_id'),
    procname: find('procname'),
    requestId: find('_app_node_request_id') || undefined,
    traceId: identifierIn(find('_app_node_trace_id'), TRACE_ID),
    callerSpanId: identifierIn(find('_app_node_parent_span_id'), SPAN_ID),
    activeSpan: isWhole(active) ? active : undefined,
  };
}

function isWhole(ids: { readonly [Name in keyof SpanIdentifiers]: string | undefined }): ids is SpanIdentifiers {
  return ids.traceId !== undefined && ids.spanId !== undefined;
}

/** @returns undefined for a value that is no such identifier, or the invalid one of zeros */
function identifierIn(value: AttributeValue | undefined, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

/** The payload of an event, and its contexts that are no identity, under OpenTelemetry's names where it has names. */
export function attributesOf({ class: of, payload, commonContext, specificContext, stream }: EventMessage) {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  addContexts(attributes, commonContext, stream.class.eventRecordCommonContext);
  addContexts(attributes, specificContext, of.specificContext);
  const names = of.name === EXCEPTION ? EXCEPTION_NAMES : NETWORK.test(of.name) ? NETWORK_NAMES : undefined;
  for (const [name, value] of membersOf(payload, of.payload)) {
    // The runtime's events have 0 and empty texts where there is no value.
    if ((name === 'error' || name === 'error_message') && value === '') continue;
    if (names === undefined || !Object.hasOwn(names, name)) attributes[name] = value;
    else if (value !== '' && value !== 0) attributes[names[name]!] = value;
  }
  return attributes;
}

function addContexts(
  attributes: Record<string, AttributeValue>,
  context: StructureValue | undefined,
  of: StructureFieldClass | undefined,
): void {
  for (const [name, value] of membersOf(context, of)) {
    if (IDENTITY.has(name)) continue;
    attributes[name.replace(/^_app_node_/, 'node.').replace(/^_app_/, 'app.')] = value;
  }
}

function* membersOf(
  structure: StructureValue | undefined,
  of: StructureFieldClass | undefined,
): Generator<readonly [name: string, value: AttributeValue]> {
  if (structure === undefined) return;
  const lengths = lengthFields(of);
  for (const { name, fieldClass } of of?.members ?? []) {
    const value = lengths.has(name) ? undefined : attributeValue(structure[name], fieldClass);
    if (value !== undefined) yield [name, value];
  }
}

/** Names of the fields with the lengths of sequences. A sequence has its length itself. */
function lengthFields(of: StructureFieldClass | undefined): ReadonlySet<string> {
  const sequences = (of?.members ?? []).filter(({ fieldClass }) => fieldClass.kind === 'dynamic-array');
  return new Set(sequences.map(({ name }) => `_${name}_length`));
}

/**
 * A field in OpenTelemetry's data model: the label of an enumeration, texts as valid Unicode, and text for numbers
 * that the model's encodings change.
 *
 * @returns undefined for an absent field
 */
export function attributeValue(value: FieldValue, of?: FieldClass): AttributeValue | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'boolean':
      return value;
    case 'string':
      return wellFormed(value);
    case 'bigint':
      return of === undefined ? value.toString() : String(shownValue(of, value));
    case 'number': {
      const shown = of === undefined ? value : shownValue(of, value);
      if (typeof shown === 'string') return wellFormed(shown);
      // Encoders take whole numbers for integers, and JSON has no infinity.
      const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
      return isExact ? value : String(value);
    }
    default:
      return compoundValue(value, of);
  }
}

/** Bytes that are no UTF-8 are lone surrogates, which no encoding of OpenTelemetry has. */
export function wellFormed(text: string): string {
  return text.replaceAll(/[\ud800-\udfff]/gu, '\ufffd');
}

function compoundValue(value: Exclude<FieldValue, undefined | boolean | string | bigint | number>, of?: FieldClass) {
  if (value instanceof VariantValue) return attributeValue(value.value);
  if (value instanceof Uint8Array) return value;
  if (isArray(value)) {
    const element = of?.kind === 'dynamic-array' || of?.kind === 'static-array' ? of.element : undefined;
    return value.map((one) => attributeValue(one, element) ?? '');
  }
  const structure = of?.kind === 'structure' ? of : undefined;
  const members = Object.keys(value).map((name) => ({ name, fieldClass: memberClass(structure, name) }));
  const entries = members.flatMap(({ name, fieldClass }) => {
    const one = attributeValue(value[name], fieldClass);
    return one === undefined ? [] : [[name, one] as const];
  });
  return Object.fromEntries(entries);
}

function memberClass(of: StructureFieldClass | undefined, name: string): FieldClass | undefined {
  return of?.members.find((member) => member.name === name)?.fieldClass;
}

function isArray(value: StructureValue | readonly FieldValue[]): value is readonly FieldValue[] {
  return Array.isArray(value);
}
