import { instantOf, nanosecondsOf } from '@ringtail/base';
import type { DataStream, EventMessage, Message } from '@ringtail/ctf';
import { isCall, spanKind } from '../findings/span-kind.ts';
import { type EventPair, EventPairs } from '../pairs/pair-rule.ts';
import { WaitingBegins } from '../pairs/waiting-begins.ts';
import { attributesOf, attributeValue, type EventIdentity, identityOf } from './attributes.ts';
import { ownIdentifiers, ownLog, ownSpan, SPAN_BEGIN } from './opentelemetry-events.ts';
import { Resources } from './resources.ts';
import { severityOf } from './severity.ts';
import { type Hash, SpanIds } from './span-identifiers.ts';
import { errorOf, telemetryKind, telemetryName } from './span-names.ts';
import { processKey, threadKey } from './telemetry-keys.ts';
import type {
  Attributes,
  AttributeValue,
  SpanIdentifiers,
  TelemetryLog,
  TelemetryResource,
  TelemetrySpan,
} from './telemetry-records.ts';

export interface TelemetryOptions {
  /** Name of the service; undefined: the name of each process. */
  readonly serviceName: string | undefined;
  readonly hash: Hash;
  readonly onSpan: (span: TelemetrySpan) => void;
  readonly onLog: (log: TelemetryLog) => void;
}

/** An event with what is read of it. */
interface SeenEvent {
  readonly event: EventMessage;
  readonly stream: DataStream;
  readonly identity: EventIdentity;
  readonly attributes: Attributes;
  readonly resource: TelemetryResource;
}

interface SeenBegin extends SeenEvent {
  /** Whether a field relates it to its end, not the thread. */
  readonly hasId: boolean;
  /** Of a span whose begin names its parent. */
  readonly place: SpanPlace | undefined;
}

/** Identifiers of a span, and its parent in the same trace. */
interface SpanPlace extends SpanIdentifiers {
  readonly parentSpanId: string | undefined;
}

/**
 * Makes spans and logs, as OpenTelemetry has them, of the events of traces.
 *
 * Two events that begin and end something become a span, and so does an event of a call with its duration. All other
 * events become logs, also begins and ends without their counterpart.
 */
export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #pairs = new EventPairs(undefined);
  readonly #resources: Resources;
  readonly #ids: SpanIds;
  readonly #waiting = new WaitingBegins<SeenBegin>((begin) => this.#log(begin));
  /** The last call of each thread that an event has reported: slow operations are reported twice. */
  readonly #lastCalls = new Map<string, string>();

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#resources = new Resources(options.serviceName);
    this.#ids = new SpanIds(options.hash);
  }

  /** Receives the next message, in the order of time. */
  see(message: Message): void {
    if (message.kind !== 'event') {
      this.#waiting.loseThreads(message.stream);
      return;
    }
    const identity = identityOf(message);
    const resource = this.#resources.of(message.stream, identity);
    const seen = { event: message, stream: message.stream, identity, attributes: attributesOf(message), resource };
    if (this.#seeOfOpenTelemetry(seen)) return;
    const pair = this.#pairs.pairOf(message.class, message.stream);
    if (pair !== undefined) this.#seeOfPair(seen, pair);
    else if (isCall(message.class.name) && typeof seen.attributes.duration_ns === 'number') this.#call(seen);
    else this.#log(seen);
  }

  /** No message follows. Begins without an end become logs. */
  finish(): void {
    this.#waiting.giveUpAll();
  }

  /** @returns false for an event that records nothing that the program has made with OpenTelemetry itself */
  #seeOfOpenTelemetry(seen: SeenEvent): boolean {
    const { event, identity, attributes, resource } = seen;
    const { name, logLevel } = event.class;
    const ids = ownIdentifiers(attributes);
    const key = `${processKey(event.stream, identity)}/${SPAN_BEGIN}/${ids?.traceId}/${ids?.spanId}`;
    if (name === SPAN_BEGIN && ids !== undefined) {
      this.#waiting.add(key, { ...seen, hasId: true, place: undefined });
      return true;
    }
    const span = ownSpan(name, attributes);
    if (span !== undefined) {
      // The end has all that the begin has.
      this.#waiting.take(key);
      this.#options.onSpan({ ...span, resource, tid: identity.tid });
      return true;
    }
    const log = ownLog(name, logLevel, attributes);
    if (log !== undefined) this.#options.onLog({ ...log, at: log.at ?? event, resource, tid: identity.tid });
    return log !== undefined;
  }

  #seeOfPair(seen: SeenEvent, pair: EventPair): void {
    const { event, identity } = seen;
    const id = pair.field === undefined ? undefined : attributeValue(event.payload?.[pair.field]);
    const relation = pair.field === undefined ? threadKey(event.stream, identity) : `${typeof id} ${id}`;
    const key = `${processKey(event.stream, identity)}/${pair.begin}/${relation}`;
    if (event.class.name === pair.begin) {
      this.#waiting.add(key, { ...seen, hasId: pair.field !== undefined, place: this.#placeOf(key, seen) });
      return;
    }
    const begin = this.#waiting.take(key);
    if (begin === undefined) this.#log(seen);
    else this.#pair(key, begin, seen);
  }

  #pair(key: string, begin: SeenBegin, end: SeenEvent): void {
    const { name } = begin.event.class;
    const attributes = { ...begin.attributes, ...end.attributes };
    if (begin.place !== undefined) {
      const { span_id: _, parent_id: __, ...others } = attributes;
      this.#span(begin, { ...begin.place, begin: begin.event, end: end.event, attributes: others });
      return;
    }
    const isRequest = spanKind(name) === 'request' && attributes.request_id !== undefined;
    const parent = isRequest ? undefined : (this.#ownerOf(begin) ?? this.#ownerOf(end));
    const ids = isRequest
      ? this.#ids.ofRequest(requestKey(begin, attributes.request_id), begin.identity.traceId)
      : this.#ids.ofSpan(`${key}/${begin.event.at}`, parent);
    this.#span(begin, {
      ...ids,
      parentSpanId: isRequest ? callerOf(begin, ids) : parent?.spanId,
      begin: begin.event,
      end: end.event,
      attributes,
    });
  }

  /** The place of a span whose begin names its parent: another such span, else the request. */
  #placeOf(key: string, seen: SeenEvent): SpanPlace | undefined {
    const { span_id: id, parent_id: parentId } = seen.attributes;
    if (id === undefined || parentId === undefined) return undefined;
    const process = processKey(seen.event.stream, seen.identity);
    const parent = this.#ids.begunAs(`${process}/${parentId}`) ?? this.#ownerOf(seen);
    const ids = this.#ids.ofSpan(`${key}/${seen.event.at}`, parent);
    this.#ids.begun(`${process}/${id}`, ids);
    return { ...ids, parentSpanId: parent?.spanId };
  }

  /** An event that reports a call with its duration. `start_ns` is a value of the clock, if that counts nanoseconds. */
  #call(seen: SeenEvent): void {
    const { event, identity } = seen;
    const { start_ns: start, duration_ns: duration, ...attributes } = seen.attributes;
    const thread = `${processKey(event.stream, identity)}/${threadKey(event.stream, identity)}`;
    const call = `${event.class.name.split(':', 1)}/${start}/${duration}/${attributes.operation}`;
    if (this.#lastCalls.get(thread) === call && start !== undefined) return;
    this.#lastCalls.set(thread, call);
    const ns = BigInt(Math.round(Number(duration)));
    const begin = beginOf(event, start, ns);
    const parent = this.#ownerOf(seen);
    this.#span(seen, {
      ...this.#ids.ofSpan(`${thread}/${call}/${begin}`, parent),
      parentSpanId: parent?.spanId,
      begin: instantOf(begin),
      end: instantOf(begin + ns),
      attributes,
    });
  }

  #span(
    { event, resource, identity }: SeenEvent,
    span: Omit<TelemetrySpan, 'name' | 'kind' | 'error' | 'resource' | 'tid' | 'scope'>,
  ): void {
    const { name } = event.class;
    const kind = telemetryKind(name);
    this.#options.onSpan({
      ...span,
      name: telemetryName(name, span.attributes),
      kind,
      error: errorOf(span.attributes, kind),
      resource,
      tid: identity.tid,
      scope: scopeOf(name),
    });
  }

  #log(seen: SeenEvent): void {
    const { event, attributes, resource, identity } = seen;
    const { name, logLevel } = event.class;
    const { body, others } = withoutBody(attributes);
    const { start_ns: start, duration_ns: ns } = attributes;
    this.#options.onLog({
      at: event,
      ...(typeof ns === 'number' && { begin: instantOf(beginOf(event, start, BigInt(Math.round(ns)))) }),
      name,
      severity: severityOf(logLevel),
      body,
      attributes: others,
      resource,
      tid: identity.tid,
      scope: scopeOf(name),
      span: name === SPAN_BEGIN ? ownIdentifiers(attributes) : this.#ownerOf(seen),
    });
  }

  /** The span to which an event belongs: OpenTelemetry's own, else the request. */
  #ownerOf(seen: Pick<SeenEvent, 'event' | 'identity'>): SpanIdentifiers | undefined {
    return seen.identity.activeSpan ?? this.#requestOf(seen);
  }

  #requestOf({ event, identity }: Pick<SeenEvent, 'event' | 'identity'>): SpanIdentifiers | undefined {
    const { requestId, traceId } = identity;
    return requestId === undefined
      ? undefined
      : this.#ids.ofRequest(requestKey({ event, identity }, requestId), traceId);
  }
}

/**
 * The begin of a time span that an event reports, in nanoseconds.
 *
 * @param start the clock's value at the begin, which counts where the clock counts nanoseconds
 * @param ns duration
 */
function beginOf(event: EventMessage, start: AttributeValue | undefined, ns: bigint): bigint {
  const countsNs = event.stream.clockClass?.frequency === 1_000_000_000n && typeof start === 'number';
  const sinceStart = countsNs ? event.cycles - BigInt(Math.round(start)) : ns;
  return nanosecondsOf(event) - (sinceStart > ns ? sinceStart : ns);
}

function requestKey({ event, identity }: { event: EventMessage; identity: EventIdentity }, id: unknown): string {
  return `${processKey(event.stream, identity)}/${id}`;
}

/** The span that sent a request; undefined if it is of another trace, where it is no parent. */
function callerOf({ identity }: SeenEvent, { traceId }: SpanIdentifiers): string | undefined {
  return identity.traceId === traceId ? identity.callerSpanId : undefined;
}

function scopeOf(name: string): string {
  return name.split(':', 1)[0]!;
}

/** Takes the message of a log out of its attributes. */
function withoutBody(attributes: Attributes): { readonly body: string | undefined; readonly others: Attributes } {
  const name = ['message', 'msg'].find((one) => typeof attributes[one] === 'string');
  if (name === undefined) return { body: undefined, others: attributes };
  const { [name]: body, ...others } = attributes;
  return { body: body as string, others };
}
