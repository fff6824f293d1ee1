import type { DataStream, EventHandler, EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import { Arguments, type PlainValue, plainValue } from '../fields/field-place.ts';
import { shownValue } from '../fields/scalar-fields.ts';
import { type Thread, type ThreadReader, Threads } from '../threads/threads.ts';
import { Functions, type SampledFunction } from './functions.ts';
import { NO_STACK, Stacks } from './stacks.ts';

const UNSEEN: SampledFunction = { kind: 'program', name: '(unknown)', url: '', line: 0, column: 0 };

/** What the events of the present slice of a thread have named. */
interface Slice {
  readonly id: PlainValue | undefined;
  readonly functions: Map<number, number>;
  readonly stacks: Map<number, number>;
}

/** A thread whose stacks are sampled. One object for each. */
export interface SampledThread {
  readonly thread: Thread;
  readonly stacks: Stacks;
}

interface SlicedThread extends SampledThread {
  slice: Slice;
}

/** Samples of a thread that one event contains. */
export interface SampleBatch {
  /** Value of the program's clock, from which the offsets count. */
  readonly startNs: number;
  readonly periodNs: number;
  /** In the order of time. */
  readonly offsetsUs: readonly number[];
  /** The stack of each sample; undefined if there are too many stacks. */
  readonly stacks: readonly (number | undefined)[];
  /** How many of the stacks are not in the trace, and shown as `(unknown)`. */
  readonly unknownCount: number;
}

/** Adds an event to what is known of its thread. */
type Act = (sampled: SlicedThread, values: readonly VisitedField[], view: EventView) => void;

const FIELDS = {
  'node_cpu:function': ['slice_id', 'function_id', 'kind', 'name', 'url', 'line', 'column'],
  'node_cpu:stacks': ['slice_id', 'stack_ids', 'caller_ids', 'function_ids'],
  'node_cpu:samples': ['slice_id', 'start_ns', 'period_ns', 'offsets_us', 'stack_ids'],
} as const;

export type ReceiveSamples = (sampled: SampledThread, batch: SampleBatch, view: EventView) => void;

/** Reads CPU samples: the events of the provider `node_cpu`. Memory grows with the number of stacks, not of samples. */
export class CpuSamples {
  readonly #receive: ReceiveSamples;
  readonly #functions = new Functions();
  readonly #threads: Threads;
  readonly #sampled = new Map<Thread, SlicedThread>();

  constructor(receive: ReceiveSamples, threads: Threads = new Threads()) {
    this.#receive = receive;
    this.#threads = threads;
  }

  /** By the numbers that stacks contain. */
  get functions(): readonly SampledFunction[] {
    return this.#functions.list;
  }

  /** @see Handler.see */
  see(of: EventRecordClass, stream: DataStream): EventHandler | undefined {
    switch (of.name) {
      case 'node_cpu:function':
        return this.#functionHandler(of, stream, FIELDS[of.name]);
      case 'node_cpu:stacks':
        return this.#handler(of, stream, FIELDS[of.name], addStacks);
      case 'node_cpu:samples':
        return this.#handler(of, stream, FIELDS[of.name], (...seen) => this.#addSamples(...seen));
      default:
        return undefined;
    }
  }

  /** A stack of one function. @returns undefined if there are too many */
  single({ stacks }: SampledThread, of: SampledFunction): number | undefined {
    const index = this.#functions.add(of);
    return index === undefined ? undefined : stacks.add(NO_STACK, index);
  }

  #functionHandler(of: EventRecordClass, stream: DataStream, names: readonly string[]): EventHandler {
    const kindClass = of.payload?.members.find(({ name }) => name === 'kind')?.fieldClass;
    const kindOf = (value: VisitedField) => {
      const plain = plainValue(value) ?? '';
      return String(kindClass === undefined ? plain : shownValue(kindClass, plain));
    };
    return this.#handler(of, stream, names, ({ slice }, [, id, kind, name, url, line, column]) => {
      const seen = {
        kind: kindOf(kind),
        name: textOf(name),
        url: textOf(url),
        line: numberOf(line),
        column: numberOf(column),
      };
      const hasScript = seen.kind === 'javascript';
      const index = this.#functions.add(hasScript ? seen : { ...seen, url: '', line: 0, column: 0 });
      if (index !== undefined) slice.functions.set(numberOf(id), index);
    });
  }

  #handler(of: EventRecordClass, stream: DataStream, names: readonly string[], act: Act): EventHandler {
    const args = new Arguments();
    for (const name of names) args.add(name);
    const threadOf = this.#threads.reader(of, stream, args);
    return {
      fields: args.names,
      handle: (view: EventView, ...values: VisitedField[]) =>
        act(this.#sampledThread(threadOf, view, values), values, view),
    };
  }

  #sampledThread(threadOf: ThreadReader, view: EventView, values: readonly VisitedField[]): SlicedThread {
    const thread = threadOf(view, values);
    let sampled = this.#sampled.get(thread);
    if (sampled === undefined) {
      sampled = { thread, stacks: new Stacks(), slice: newSlice(undefined) };
      this.#sampled.set(thread, sampled);
    }
    const id = plainValue(values[0]);
    if (sampled.slice.id !== id) sampled.slice = newSlice(id);
    return sampled;
  }

  #addSamples(
    sampled: SlicedThread,
    [, startNs, periodNs, offsets, stacks]: readonly VisitedField[],
    view: EventView,
  ): void {
    const offsetsUs = numbersOf(offsets);
    const ids = numbersOf(stacks);
    const count = Math.min(offsetsUs.length, ids.length);
    let unknownCount = 0;
    const known = ids.slice(0, count).map((id) => {
      const stack = sampled.slice.stacks.get(id);
      if (stack === undefined) unknownCount++;
      return stack ?? this.single(sampled, UNSEEN);
    });
    const batch = {
      startNs: numberOf(startNs),
      periodNs: numberOf(periodNs),
      offsetsUs: offsetsUs.slice(0, count),
      stacks: known,
      unknownCount,
    };
    this.#receive(sampled, batch, view);
  }
}

function addStacks({ slice, stacks }: SlicedThread, [, ids, callers, functions]: readonly VisitedField[]): void {
  const callerIds = numbersOf(callers);
  const functionIds = numbersOf(functions);
  numbersOf(ids).forEach((id, i) => {
    const callerId = callerIds[i];
    const caller = callerId === 0 ? NO_STACK : slice.stacks.get(callerId ?? -1);
    const of = slice.functions.get(functionIds[i] ?? -1);
    const stack = caller === undefined || of === undefined ? undefined : stacks.add(caller, of);
    if (stack !== undefined) slice.stacks.set(id, stack);
  });
}

function newSlice(id: PlainValue | undefined): Slice {
  return { id, functions: new Map(), stacks: new Map() };
}

function textOf(value: VisitedField): string {
  return String(plainValue(value) ?? '');
}

function numberOf(value: VisitedField): number {
  return Number(plainValue(value) ?? 0) || 0;
}

function numbersOf(value: VisitedField): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}
