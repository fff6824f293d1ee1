import type { DataStream, EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import type { Arguments, PlainValue } from '../fields/field-place.ts';
import { PROCESS_CONTEXTS, placeOfFirstContext, THREAD_CONTEXTS } from '../pairs/pair-role.ts';

/** Ended spans of a thread that still receive waits. */
const ENDED_MAX = 256;

/** A process of a trace. */
export interface ProcessName {
  /** Equal in all parts of a trace. */
  readonly key: string;
  /** Undefined where events contain no process. */
  readonly pid: PlainValue | undefined;
}

/** A thread, with the spans to which its waits belong, for an analysis that has such spans. */
export class Thread<Span = unknown> {
  /** Equal in all parts of a trace. */
  readonly key: string;
  readonly process: ProcessName;
  readonly tid: PlainValue | undefined;
  readonly open = { request: new Set<Span>(), operation: new Set<Span>() };
  /** Ended spans that are the slowest of their kind: garbage collections and stalls are reported later. */
  ended: Span[] = [];

  constructor(key: string, process: ProcessName, tid: PlainValue | undefined) {
    this.key = key;
    this.process = process;
    this.tid = tid;
  }

  keep(span: Span): void {
    this.ended.push(span);
    if (this.ended.length > ENDED_MAX) this.ended.shift();
  }
}

export type ThreadReader<Span = unknown> = (view: EventView, values: readonly VisitedField[]) => Thread<Span>;

/** Finds the thread of events: by the contexts of events or packets, else by the data stream. */
export class Threads<Span = unknown> {
  readonly #threads = new Map<string, Thread<Span>>();

  reader(of: EventRecordClass, stream: DataStream, args: Arguments): ThreadReader<Span> {
    const process = placeOfFirstContext(PROCESS_CONTEXTS, of, stream);
    const thread = placeOfFirstContext(THREAD_CONTEXTS, of, stream);
    const pidOf = process && args.reader(process);
    const tidOf = thread && args.reader(thread);
    return (view, values) => {
      const pid = pidOf?.(view, values);
      const tid = tidOf?.(view, values);
      const { trace, id } = view.stream;
      const key = `${trace.uuid ?? trace.name}/${pid ?? ''}`;
      const threadKey = `${key}/${tid ?? `stream ${view.stream.class.id}/${id}`}`;
      let found = this.#threads.get(threadKey);
      if (found === undefined) {
        found = new Thread<Span>(threadKey, { key, pid }, tid);
        this.#threads.set(threadKey, found);
      }
      return found;
    };
  }
}
