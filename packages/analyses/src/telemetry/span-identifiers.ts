import type { SpanIdentifiers } from './telemetry-records.ts';

/** Requests and spans whose identifiers are remembered; beyond, the oldest is forgotten. */
const REMEMBERED_MAX = 100_000;

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
  readonly #begun = new Map<string, SpanIdentifiers>();

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
    if (known === undefined) remember(this.#requests, key, found);
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

  /** Remembers the identifiers of an application's span that has begun. @param name of the span in its process */
  begun(name: string, ids: SpanIdentifiers): void {
    remember(this.#begun, name, ids);
  }

  /** The last span with this name that has begun; undefined if its begin is not known. */
  begunAs(name: string): SpanIdentifiers | undefined {
    return this.#begun.get(name);
  }
}

/** A later span with the name of an earlier one replaces it. */
function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.delete(key);
  known.set(key, value);
  if (known.size <= REMEMBERED_MAX) return;
  const [oldest] = known.keys();
  known.delete(oldest!);
}
