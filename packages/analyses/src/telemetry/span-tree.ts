import { type Instant, nanosecondsOf } from '@ringtail/base';
import type { TelemetryLog, TelemetryResource, TelemetrySpan } from './telemetry-records.ts';

/** Spans and events that are kept of a tree; the others are counted. */
export const TREE_RECORDS_MAX = 10_000;
/** Events of the runtime about time that a whole thread loses. */
const OF_THREAD = /^node_(gc:collection|eventloop:stall)$/;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** A span with everything that happened within it, in the order of time. */
export interface SpanNode {
  readonly span: TelemetrySpan;
  readonly children: readonly (SpanNode | LogNode)[];
}

/** An event that is no span, or a time span that the whole thread lost. */
export interface LogNode {
  readonly log: TelemetryLog;
}

export interface SpanTreeData {
  readonly root: SpanNode;
  /** Spans and events beyond `TREE_RECORDS_MAX`. */
  readonly leftOut: number;
}

/**
 * Chooses the span to draw as a tree: the slowest request, or the slowest span where there are no requests.
 *
 * @param request only requests with this number, as in `$app.node:request_id`, or of this trace of OpenTelemetry
 */
export class RootChoice {
  readonly #request: string | undefined;
  #root: TelemetrySpan | undefined;
  #count = 0;

  constructor(request: string | undefined) {
    this.#request = request;
  }

  /** Undefined if no span was suitable. */
  get root(): TelemetrySpan | undefined {
    return this.#root;
  }

  /** Number of suitable spans. */
  get count(): number {
    return this.#count;
  }

  add(span: TelemetrySpan): void {
    const rank = this.#rankOf(span);
    if (rank === 0) return;
    const known = this.#root === undefined ? 0 : this.#rankOf(this.#root);
    this.#count = rank > known ? 1 : this.#count + Number(rank === known);
    if (rank > known || (rank === known && durationNs(span) > durationNs(this.#root!))) this.#root = span;
  }

  /** 0 for a span that is not suitable. Requests come before other spans, and spans without a parent before others. */
  #rankOf({ traceId, kind, parentSpanId, attributes }: TelemetrySpan): number {
    const isRequest = kind === 'server';
    if (this.#request !== undefined) {
      if (!TRACE_ID.test(this.#request)) return Number(isRequest && String(attributes.request_id) === this.#request);
      if (traceId !== this.#request) return 0;
    }
    return 1 + 2 * Number(isRequest) + Number(parentSpanId === undefined);
  }
}

/** Collects the spans and events below one span. */
export class SpanTree {
  readonly #root: TelemetrySpan;
  readonly #spans: TelemetrySpan[] = [];
  readonly #logs: TelemetryLog[] = [];
  #leftOut = 0;

  constructor(root: TelemetrySpan) {
    this.#root = root;
  }

  addSpan(span: TelemetrySpan): void {
    if (span.traceId !== this.#root.traceId || span.spanId === this.#root.spanId) return;
    if (this.#isFull()) this.#leftOut++;
    else this.#spans.push(span);
  }

  addLog(log: TelemetryLog): void {
    if (log.span?.traceId !== this.#root.traceId && !this.#concernsThread(log)) return;
    if (this.#isFull()) this.#leftOut++;
    else this.#logs.push(log);
  }

  data(): SpanTreeData {
    const lists = new Map<string, (SpanNode | LogNode)[]>([[this.#root.spanId, []]]);
    for (const { spanId } of this.#spans) lists.set(spanId, []);
    for (const span of this.#spans) {
      const parent = span.parentSpanId === undefined ? undefined : lists.get(span.parentSpanId);
      parent?.push({ span, children: lists.get(span.spanId)! });
    }
    const ofRoot = lists.get(this.#root.spanId)!;
    for (const log of this.#logs) {
      const ofSpan = log.span === undefined ? undefined : lists.get(log.span.spanId);
      if (ofSpan !== undefined) ofSpan.push({ log });
      else if (this.#concernsThread(log)) ofRoot.push({ log });
    }
    for (const children of lists.values()) children.sort(earlierFirst);
    return { root: { span: this.#root, children: ofRoot }, leftOut: this.#leftOut };
  }

  /** A time span that the thread of the root lost during the root. */
  #concernsThread(log: TelemetryLog): boolean {
    const { name, tid, resource } = log;
    if (!OF_THREAD.test(name) || tid !== this.#root.tid || !isSameProcess(resource, this.#root.resource)) return false;
    const from = nanosecondsOf(log.begin ?? log.at);
    const to = from + BigInt(logDurationNs(log) ?? 0);
    return from < nanosecondsOf(this.#root.end) && to > nanosecondsOf(this.#root.begin);
  }

  #isFull(): boolean {
    return this.#spans.length + this.#logs.length >= TREE_RECORDS_MAX;
  }
}

function isSameProcess(a: TelemetryResource, b: TelemetryResource): boolean {
  return ['process.pid', 'host.name'].every((name) => a.attributes[name] === b.attributes[name]);
}

/** Duration of the time span that an event reports; undefined for other events. */
export function logDurationNs({ begin, attributes: { duration_ns: ns } }: TelemetryLog): number | undefined {
  return begin === undefined || typeof ns !== 'number' ? undefined : Math.round(ns);
}

export function durationNs({ begin, end }: { readonly begin: Instant; readonly end: Instant }): number {
  return Number(nanosecondsOf(end) - nanosecondsOf(begin));
}

function earlierFirst(a: SpanNode | LogNode, b: SpanNode | LogNode): number {
  return Number(nanosecondsOf(beginOf(a)) - nanosecondsOf(beginOf(b)));
}

function beginOf(node: SpanNode | LogNode): Instant {
  return 'span' in node ? node.span.begin : (node.log.begin ?? node.log.at);
}
