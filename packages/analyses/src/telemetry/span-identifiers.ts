import type { SpanIdentifiers } from './telemetry-records.ts';

/** Requests whose trace is remembered; beyond, the oldest is forgotten. */
const REQUESTS_MAX = 100_000;

/** Makes hexadecimal digits of a text, at least 32, equal for equal texts. */
export type Hash = (text: string) => string;

/**
 * Identifiers of spans and their traces. Recorded ones are used; the others are made of the names of the trace and the
 * request, so that every conversion of a trace makes the same.
 */
export class SpanIds {
  readonly #hash: Hash;
  /** Trace IDs of requests by the key of the request: events of a request need not contain its trace ID. */
  readonly #requests = new Map<string, string>();

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /**
   * The span of a request.
   *
   * @param key of the request
   * @param traceId of the caller, if it is recorded
   */
  ofRequest(key: string, traceId: string | undefined): SpanIdentifiers {
    const known = this.#requests.get(key);
    const digits = this.#hash(`request ${key}`);
    const found = known ?? traceId ?? this.#hash(`trace ${key}`).slice(0, 32);
    if (known === undefined) this.#remember(key, found);
    return { traceId: found, spanId: digits.slice(0, 16) };
  }

  /**
   * Another span.
   *
   * @param key of the span
   * @param parent the span to whose trace it belongs; undefined if it begins a trace
   */
  ofSpan(key: string, parent: SpanIdentifiers | undefined): SpanIdentifiers {
    const spanId = this.#hash(`span ${key}`).slice(0, 16);
    return { traceId: parent?.traceId ?? this.#hash(`trace ${key}`).slice(0, 32), spanId };
  }

  #remember(key: string, traceId: string): void {
    this.#requests.set(key, traceId);
    if (this.#requests.size <= REQUESTS_MAX) return;
    const [oldest] = this.#requests.keys();
    this.#requests.delete(oldest!);
  }
}
