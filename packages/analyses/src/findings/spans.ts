import type { DataStream, EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import { type Arguments, type PlainValue, placeOfField } from '../fields/field-place.ts';
import { Groups, type GroupsState } from '../groups.ts';
import { type LoneEvent, matchLoneEvents } from '../pairs/lone-events.ts';
import type { EventPair } from '../pairs/pair-rule.ts';
import { WaitingBegins } from '../pairs/waiting-begins.ts';
import { type EventFields, fieldsReader, nsSinceStart, numberOf } from './event-fields.ts';
import { pairKeyReader } from './pair-key.ts';
import { type SlowSpan, Span, type SpanClass } from './span.ts';
import { callOf, type SpanKind, spanLabel } from './span-kind.ts';
import { compareTexts, type SpanStatistics, SpanSummary, type SpanSummaryState } from './span-summary.ts';
import type { SpanThread } from './span-thread.ts';
import type { TimeLine } from './time-line.ts';
import type { Wait } from './waits.ts';

/** Events without their counterpart that are kept for other parts of the trace. */
const LONE_MAX = 10_000;
/** Calls during more open spans of a thread than this belong to none of them, unless they name their request. */
const OPEN_MAX = 64;

export type SpanKinds<T> = Readonly<Record<SpanKind, T>>;

interface LoneBegin extends LoneEvent {
  readonly slow: SlowSpan;
}

interface LoneEnd extends LoneEvent {
  readonly fields: EventFields;
}

export interface SpansState {
  readonly summaries: SpanKinds<GroupsState<SpanSummaryState>>;
  readonly begins: readonly LoneBegin[];
  readonly ends: readonly LoneEnd[];
}

export interface SpansData {
  /** The slowest first. */
  readonly spans: SpanKinds<readonly SpanStatistics[]>;
  /** Requests and operations without an end. */
  readonly unfinishedCount: number;
  /** Spans whose label was left out, since there are too many labels. */
  readonly ungrouped: number;
}

type Summaries = SpanKinds<Groups<SpanSummaryState, SpanSummary>>;

interface OpenSpan {
  readonly span: Span;
  readonly thread: SpanThread;
  readonly stream: DataStream;
  readonly hasId: boolean;
}

type Receive = (view: EventView, values: readonly VisitedField[], thread: SpanThread) => void;

/** Requests, calls and operations: their durations by label, and what happened during the slowest. */
export class Spans {
  readonly #timeLine: TimeLine;
  readonly #summaries = newSummaries();
  readonly #open = new WaitingBegins<OpenSpan>(removeFromThread);
  readonly #otherBegins: LoneBegin[] = [];
  readonly #ends: LoneEnd[] = [];

  constructor(timeLine: TimeLine) {
    this.#timeLine = timeLine;
  }

  /** Receives the begins or the ends of spans. */
  receiver(kind: SpanKind, pair: EventPair, of: EventRecordClass, stream: DataStream, args: Arguments): Receive {
    const keyOf = pairKeyReader(pair, of, stream, args);
    const requestPlace = placeOfField('$app.node:request_id', of, stream);
    const requestOf = requestPlace && args.reader(requestPlace);
    const fieldsOf = fieldsReader(of, args);
    const spanClass: SpanClass = { kind, begin: pair.begin, end: pair.end, idField: pair.field };
    const isBegin = of.name === pair.begin;
    return (view, values, thread) => {
      const paired = keyOf(view, values, thread);
      if (paired === undefined) return;
      const { key, id } = paired;
      const at = this.#timeLine.at(view);
      const fields = fieldsOf(values);
      if (!isBegin) {
        this.#end(key, at, fields);
        return;
      }
      const requestId = (kind === 'request' ? id : requestOf?.(view, values)) || undefined;
      const span = new Span({
        of: spanClass,
        id,
        pid: thread.process.pid,
        tid: thread.tid,
        begin: at,
        fields,
        requestId,
        openCounts: openCountsOf(thread),
      });
      this.#begin(key, { span, thread, stream: view.stream, hasId: pair.field !== undefined });
    };
  }

  /** Receives events that each report a call with its `duration_ns`. */
  callReceiver(of: EventRecordClass, stream: DataStream, args: Arguments): Receive {
    const requestPlace = placeOfField('$app.node:request_id', of, stream);
    const requestOf = requestPlace && args.reader(requestPlace);
    const fieldsOf = fieldsReader(of, args);
    const spanClass: SpanClass = { kind: 'call', begin: of.name, end: of.name, idField: undefined };
    return (view, values, thread) => {
      const fields = fieldsOf(values);
      const durationNs = numberOf(fields, 'duration_ns');
      const begin = this.#timeLine.at(view) - nsSinceStart(view, numberOf(fields, 'start_ns') || undefined, durationNs);
      const requestId = requestOf?.(view, values) || undefined;
      const { pid } = thread.process;
      const span = new Span({
        of: spanClass,
        id: undefined,
        pid,
        tid: thread.tid,
        begin,
        fields,
        requestId,
        openCounts: openCountsOf(thread),
      });
      span.end = begin + durationNs;
      this.#note({ span, thread }, fields);
      this.#addCall(span, thread, fields);
    };
  }

  #addCall({ start, end }: Span, thread: SpanThread, fields: EventFields): void {
    const wait = { ...callOf(start.of.begin, fields), start: start.begin, end };
    this.addWait(wait, thread, start.requestId, wait.kind === 'sync-file' ? undefined : start.openCounts);
  }

  #begin(key: string, open: OpenSpan): void {
    const { kind } = open.span.start.of;
    if (kind !== 'call') open.thread.open[kind].add(open.span);
    this.#open.add(key, open);
  }

  /** Gives up the begins that a thread or data stream relates, and whose ends may be lost. */
  giveUp(stream: DataStream): void {
    this.#open.loseThreads(stream);
  }

  #end(key: string, at: number, fields: EventFields): void {
    const open = this.#open.take(key);
    if (open === undefined) {
      if (this.#ends.length < LONE_MAX) this.#ends.push({ key, at: this.#timeLine.absolute(at), fields });
      return;
    }
    removeFromThread(open);
    const { span, thread } = open;
    span.end = at;
    const allFields = { ...span.start.fields, ...fields };
    this.#note(open, allFields);
    if (span.start.of.kind !== 'request') this.#addCall(span, thread, allFields);
  }

  #note({ span, thread }: Pick<OpenSpan, 'span' | 'thread'>, fields: EventFields): void {
    const { of, begin } = span.start;
    const summary = this.#summaries[of.kind].get(spanLabel(of.kind, of.begin, fields));
    const ended = {
      beginNs: this.#timeLine.absolute(begin),
      durationNs: span.end - begin,
      plain: () => this.#slowSpan(span, fields),
    };
    const isSlowest = summary?.add(of.kind, ended, fields);
    if (of.kind === 'call') return;
    summary?.addWaits(span.waits, span.isExact, ended);
    if (isSlowest) thread.keep(span);
  }

  #slowSpan(span: Span, fields: EventFields): SlowSpan {
    const { of, id, pid, tid, begin } = span.start;
    const durationNs = span.end - begin;
    const { waits, isExact } = span;
    return { ...of, id, pid, tid, fields, beginNs: this.#timeLine.absolute(begin), durationNs, waits, isExact };
  }

  /**
   * Adds a wait to the spans during which it was.
   *
   * @param requestId of the request that it belongs to; undefined: to those that were open in its thread
   * @param openCounts numbers of open spans among which it is shared; undefined if it stops the whole thread
   */
  addWait(
    wait: Wait,
    { open, ended }: SpanThread,
    requestId: PlainValue | undefined,
    openCounts: Span['start']['openCounts'] | undefined,
  ): void {
    const addTo = (span: Span) => {
      const { of, requestId: own } = span.start;
      const isNamed = openCounts !== undefined && requestId !== undefined && own !== undefined;
      if (isNamed && own !== requestId) return;
      if (isNamed) span.isExact = true;
      const { kind } = of;
      span.add(wait, isNamed || openCounts === undefined || kind === 'call' ? 1 : 1 / Math.max(1, openCounts[kind]));
    };
    // Operations side by side are no waits for each other.
    const isOperation = wait.kind === 'operation';
    for (const spans of isOperation ? [open.request] : [open.request, open.operation]) {
      if (openCounts === undefined || spans.size <= OPEN_MAX) for (const span of spans) addTo(span);
    }
    for (const span of ended) {
      if (!isOperation || span.start.of.kind === 'request') addTo(span);
    }
  }

  state(): SpansState {
    return {
      summaries: eachKind((kind) => this.#summaries[kind].state()),
      begins: this.#begins(),
      ends: this.#ends,
    };
  }

  #begins(): LoneBegin[] {
    const own = [...this.#open.entries()].map(([key, { span }]) => {
      const slow = this.#slowSpan(span, span.start.fields);
      return { key, at: slow.beginNs, slow: { ...slow, durationNs: 0 } };
    });
    return [...this.#otherBegins, ...own];
  }

  merge({ summaries, begins, ends }: SpansState): void {
    eachKind((kind) => this.#summaries[kind].merge(summaries[kind]));
    this.#otherBegins.push(...begins);
    this.#ends.push(...ends);
  }

  data(): SpansData {
    const summaries = newSummaries();
    eachKind((kind) => summaries[kind].merge(this.#summaries[kind].state()));
    const unfinished = new Set(this.#begins());
    matchLoneEvents([...unfinished], this.#ends, (begin, { fields: ofEnd }, durationNs) => {
      unfinished.delete(begin);
      const { slow } = begin;
      const fields = { ...slow.fields, ...ofEnd };
      const span = { ...slow, durationNs, fields };
      const summary = summaries[slow.kind].get(spanLabel(slow.kind, slow.begin, fields));
      summary?.add(slow.kind, { ...span, plain: () => span }, fields);
      if (slow.kind !== 'call') summary?.addWaits(slow.waits, slow.isExact, span);
    });
    return {
      spans: eachKind((kind) => summaries[kind].map((label, one) => one.data(String(label))).sort(slowestFirst)),
      unfinishedCount: [...unfinished].filter(({ slow }) => slow.kind !== 'call').length,
      ungrouped: summaries.request.ungrouped + summaries.call.ungrouped + summaries.operation.ungrouped,
    };
  }
}

function openCountsOf({ open }: SpanThread): Span['start']['openCounts'] {
  return { request: open.request.size, operation: open.operation.size };
}

function removeFromThread({ span, thread }: OpenSpan): void {
  const { kind } = span.start.of;
  if (kind !== 'call') thread.open[kind].delete(span);
}

function newSummaries(): Summaries {
  return eachKind(() => new Groups<SpanSummaryState, SpanSummary>(() => new SpanSummary()));
}

function eachKind<T>(make: (kind: SpanKind) => T): SpanKinds<T> {
  return { request: make('request'), call: make('call'), operation: make('operation') };
}

function slowestFirst(a: SpanStatistics, b: SpanStatistics): number {
  return Number(b.durations.maximum) - Number(a.durations.maximum) || compareTexts(a.label, b.label);
}
