import type { DataStream, EventHandler, EventRecordClass, EventView, LossMessage, VisitedField } from '@ringtail/ctf';
import { Arguments, type PlainValue, placeOfContext, placeOfField } from '../fields/field-place.ts';
import { fieldsReader } from '../findings/event-fields.ts';
import { pairKeyReader } from '../findings/pair-key.ts';
import { isCall, operationName, spanKind } from '../findings/span-kind.ts';
import { TimeLine } from '../findings/time-line.ts';
import { type EventPair, EventPairs } from '../pairs/pair-rule.ts';
import { type WaitingBegin, WaitingBegins } from '../pairs/waiting-begins.ts';
import { CpuSamples, type SampleBatch, type SampledThread } from '../profiles/cpu-samples.ts';
import { type Thread, Threads } from '../threads/threads.ts';
import { argumentsReader } from './argument-columns.ts';
import { gaugesOf } from './gauges.ts';
import { Lanes, type ReservedGroup } from './lanes.ts';
import { nsSince, reportedSpan } from './reported-span.ts';
import { Requests } from './requests.ts';
import { sliceName } from './slice-name.ts';
import type { EventArguments, TimelineInstant, TimelineWriter } from './timeline-records.ts';
import { type ThreadState, TimelineThreads } from './timeline-threads.ts';

/** Characters of texts that take the memory of a small event. */
const CHARACTERS_PER_EVENT = 1000;
const NS_PER_US = 1000;

/** An event as the timeline sees it. */
interface SeenEvent {
  readonly view: EventView;
  readonly values: readonly VisitedField[];
  readonly thread: Thread;
  readonly state: ThreadState;
  readonly at: number;
  readonly args: EventArguments;
  readonly flow: string | undefined;
}

interface OpenSlice extends WaitingBegin {
  readonly className: string;
  readonly state: ThreadState;
  readonly at: number;
  readonly args: EventArguments;
  readonly flow: string | undefined;
  /** Undefined if the thread relates it to its end: it is code of the thread. */
  readonly group: ReservedGroup | undefined;
  /** Names the request that it is; undefined for other slices. */
  readonly request: string | undefined;
}

type Receive = (seen: SeenEvent) => void;

/**
 * Shows the events of traces as a timeline, as viewers draw it: begins and ends, and events that report a time span,
 * become slices; numbers of the runtime become gauges; the other events become instants. Memory is bounded.
 */
export class Timeline {
  readonly #writer: TimelineWriter;
  readonly #pairs = new EventPairs(undefined);
  readonly #timeLine = new TimeLine();
  readonly #threads = new Threads();
  readonly #states = new TimelineThreads();
  readonly #lanes = new Lanes();
  readonly #requests = new Requests();
  readonly #waiting = new WaitingBegins<OpenSlice>((open) => this.#giveUp(open));
  readonly #samples = new CpuSamples((...batch) => this.#addSamples(...batch), this.#threads);
  #isStarted = false;
  #last = 0;

  constructor(writer: TimelineWriter) {
    this.#writer = writer;
  }

  /** @see Handler.see */
  see(of: EventRecordClass, stream: DataStream): EventHandler {
    const ofSamples = this.#samples.see(of, stream);
    if (ofSamples !== undefined) return ofSamples;
    const args = new Arguments();
    const receive = this.#receiver(of, stream, args);
    const threadOf = this.#threads.reader(of, stream, args);
    const argumentsOf = argumentsReader(of, stream, args);
    const titlePlace = placeOfContext('procname', of, stream);
    const titleOf = titlePlace && args.reader(titlePlace);
    const flowOf = flowReader(of, stream, args);
    return {
      fields: args.names,
      handle: (view: EventView, ...values: VisitedField[]) => {
        if (!this.#writer.isWanted) view.stop();
        const at = this.#at(view, view.stream);
        const thread = threadOf(view, values);
        const state = this.#states.of(thread, view.stream, titleOf?.(view, values));
        const flow = flowOf(view, values, thread);
        receive({ view, values, thread, state, at, args: argumentsOf(values), flow });
      },
    };
  }

  /** @see Handler.seeLoss */
  seeLoss(loss: LossMessage): void {
    this.#at(loss, loss.stream);
    this.#waiting.loseThreads(loss.stream);
  }

  /** No event follows. Slices without an end last until here. */
  finish(): void {
    // Calls before the request in which they lie.
    for (const [, open] of [...this.#waiting.entries()].reverse()) this.#end(open, this.#last, [], true);
    if (!this.#isStarted) this.#writer.start({ seconds: 0, nanoseconds: 0 }, false);
    this.#writer.finish();
  }

  #at(instant: { readonly seconds: number; readonly nanoseconds: number }, { clockClass }: DataStream): number {
    const at = this.#timeLine.at(instant);
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#writer.start({ seconds: instant.seconds, nanoseconds: 0 }, clockClass?.originIsUnixEpoch === true);
    }
    this.#last = Math.max(this.#last, at);
    return at;
  }

  #receiver(of: EventRecordClass, stream: DataStream, args: Arguments): Receive {
    const pair = this.#pairs.pairOf(of, stream);
    if (pair !== undefined) return this.#pairReceiver(pair, of, stream, args);
    if (gaugesOf(of.name) !== undefined) return this.#gaugeReceiver(of, args);
    const spanOf = reportedSpan(of, args);
    if (spanOf !== undefined) return this.#spanReceiver(spanOf, of);
    return (seen) => this.#instant(of.name, seen);
  }

  #pairReceiver(pair: EventPair, of: EventRecordClass, stream: DataStream, args: Arguments): Receive {
    const keyOf = pairKeyReader(pair, of, stream, args);
    const isRequest = spanKind(pair.begin) === 'request';
    const laneName = operationName(pair.begin);
    return (seen) => {
      const { view, values, thread, state, at, args: ofEvent, flow } = seen;
      const paired = keyOf(view, values, thread);
      if (paired === undefined) {
        this.#instant(of.name, seen);
        return;
      }
      if (of.name !== pair.begin) {
        const open = this.#waiting.take(paired.key);
        if (open === undefined) this.#instant(of.name, seen);
        else this.#end(open, at, [ofEvent], false, flow);
        return;
      }
      const hasId = pair.field !== undefined;
      const request = isRequest && hasId ? flowText(thread, paired.id!) : undefined;
      const group = hasId ? this.#lanes.reserve(state.thread, laneName, at) : undefined;
      if (request !== undefined) this.#requests.begin(request, group!, at);
      const open = { className: of.name, state, at, args: ofEvent, flow: request ?? flow, group, request };
      this.#waiting.add(paired.key, { ...open, stream: view.stream, hasId, weight: weightOf(ofEvent) });
    };
  }

  #end(open: OpenSlice, at: number, ofEnd: readonly EventArguments[], isUnfinished: boolean, endFlow?: string): void {
    const { className, state, at: begin, request } = open;
    const end = Math.max(begin, at);
    const args = [open.args, ...ofEnd];
    const flow = open.flow ?? endFlow;
    if (request !== undefined) this.#requests.end(request);
    const group =
      open.group === undefined
        ? this.#groupBeside(state, operationName(className), begin, end)
        : request === undefined
          ? (this.#requests.admit(flow, begin, end) ?? open.group)
          : open.group;
    if (open.group !== undefined) this.#lanes.release(open.group, group === open.group ? end : begin);
    this.#writer.slice({
      thread: state.thread,
      name: sliceName(className, args),
      category: categoryOf(className),
      args,
      flow,
      group,
      begin,
      end,
      isUnfinished,
      isRequest: request !== undefined,
    });
  }

  /** @returns undefined if the slice can be one of the thread itself */
  #groupBeside({ thread, nesting }: ThreadState, laneName: string, begin: number, end: number) {
    return nesting.add(begin, end) ? undefined : this.#groupFor(thread, laneName, begin, end);
  }

  #groupFor(thread: ThreadState['thread'], laneName: string, begin: number, end: number): ReservedGroup {
    const group = this.#lanes.reserve(thread, laneName, begin);
    this.#lanes.release(group, end);
    return group;
  }

  /** Receives events that each report a time span. */
  #spanReceiver(spanOf: NonNullable<ReturnType<typeof reportedSpan>>, of: EventRecordClass): Receive {
    const laneName = operationName(of.name);
    const category = categoryOf(of.name);
    return (seen) => {
      const { view, values, state, at, args: ofEvent, flow } = seen;
      const span = spanOf(view, values, at);
      if (span === undefined) {
        this.#instant(of.name, seen);
        return;
      }
      const { begin, end, isOfThread } = span;
      const call = `${category}/${begin}/${end}/${span.operation}`;
      if (state.lastCall === call) return;
      state.lastCall = call;
      const group = isOfThread
        ? this.#groupBeside(state, laneName, begin, end)
        : (this.#requests.admit(flow, begin, end) ?? this.#groupFor(state.thread, laneName, begin, end));
      const all = [ofEvent];
      const name = isCall(of.name) ? sliceName(of.name, all) : of.name;
      const isUnfinished = false;
      const { thread } = state;
      const slice = { thread, name, category, args: all, flow, group, begin, end, isUnfinished, isRequest: false };
      this.#writer.slice(slice);
    };
  }

  #gaugeReceiver(of: EventRecordClass, args: Arguments): Receive {
    const gauges = gaugesOf(of.name)!;
    const fieldsOf = fieldsReader(of, args);
    return ({ values, state, at }) => {
      const fields = fieldsOf(values);
      const before = state.lastGauges.get(of.name);
      for (const { name, unit, valueIn } of gauges) {
        const value = valueIn(fields, at - (before?.at ?? at), before?.fields);
        if (value !== undefined) this.#writer.gauge({ thread: state.thread, name, unit, at, value });
      }
      state.lastGauges.set(of.name, { fields, at });
    };
  }

  #addSamples({ thread, stacks }: SampledThread, batch: SampleBatch, view: EventView): void {
    const at = this.#at(view, view.stream);
    const { thread: shown } = this.#states.of(thread, view.stream, undefined);
    const start = at - (nsSince(view, batch.startNs) ?? 0);
    const times: number[] = [];
    const samples: number[] = [];
    for (const [i, stack] of batch.stacks.entries()) {
      if (stack === undefined) continue;
      times.push(start + batch.offsetsUs[i]! * NS_PER_US);
      samples.push(stack);
    }
    const { functions } = this.#samples;
    if (samples.length > 0) this.#writer.samples({ thread: shown, stacks, functions, times, samples });
  }

  #instant(name: string, { state, at, args, flow }: Pick<SeenEvent, 'state' | 'at' | 'args' | 'flow'>): void {
    const instant: TimelineInstant = { thread: state.thread, name, category: categoryOf(name), args: [args], flow, at };
    this.#writer.instant(instant);
  }

  /** A begin whose end is not waited for any longer. */
  #giveUp(open: OpenSlice): void {
    if (open.request !== undefined) this.#requests.end(open.request);
    if (open.group !== undefined) this.#lanes.release(open.group, open.at);
    this.#instant(open.className, open);
  }
}

/** Finds the request of events, by the contexts of the runtime. */
function flowReader(of: EventRecordClass, stream: DataStream, args: Arguments) {
  const place = placeOfField('$app.node:request_id', of, stream);
  const requestOf = place && args.reader(place);
  return (view: EventView, values: readonly VisitedField[], thread: Thread): string | undefined => {
    const id = requestOf?.(view, values);
    return id === undefined || id === 0 || id === '' ? undefined : flowText(thread, id);
  };
}

function flowText({ process }: Thread, id: PlainValue): string {
  return `${process.key}/${id}`;
}

function categoryOf(name: string): string {
  return name.split(':', 1)[0]!;
}

function weightOf({ values }: EventArguments): number {
  let characters = 0;
  for (const value of values) if (typeof value === 'string') characters += value.length;
  return 1 + characters / CHARACTERS_PER_EVENT;
}
