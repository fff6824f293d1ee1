import type { DataStream, EventHandler, EventRecordClass, EventView, LossMessage, VisitedField } from '@ringtail/ctf';
import { Arguments } from '../fields/field-place.ts';
import type { Handler } from '../handler.ts';
import { EventPairs } from '../pairs/pair-rule.ts';
import { addLosses, type Losses, lossesOf, NO_LOSSES } from '../statistics/losses.ts';
import { Threads } from '../threads/threads.ts';
import { applyRules, type Finding } from './apply-rules.ts';
import { BusyThreads, type ThreadSamples } from './busy-threads.ts';
import { fieldsReader, firstText, nsSinceStart, numberOf } from './event-fields.ts';
import type { Facts, ListenerLeak, Stall, UncaughtError } from './facts.ts';
import { type Grouped, GroupedCounts } from './grouped-counts.ts';
import { listenerLeak, WARNING } from './listener-leaks.ts';
import { Processes, type ProcessState } from './processes.ts';
import type { Span } from './span.ts';
import { isCall, spanKind } from './span-kind.ts';
import type { SpanThread } from './span-thread.ts';
import { Spans, type SpansState } from './spans.ts';
import { LINE_LENGTH_MAX, programFrameAt, shortStack, stackLines } from './stack-lines.ts';
import { greatest, least, TimeLine } from './time-line.ts';

export interface FindingsState {
  readonly eventCount: number;
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  readonly losses: Losses;
  readonly knownCount: number;
  readonly spans: SpansState;
  readonly stalls: readonly Grouped<Stall>[];
  readonly leaks: readonly Grouped<ListenerLeak>[];
  readonly errors: readonly Grouped<UncaughtError>[];
  readonly processes: readonly ProcessState[];
  readonly threads: readonly ThreadSamples[];
}

export interface Findings extends Facts {
  /** Results of the rules, the most severe first. */
  readonly findings: readonly Finding[];
}

const STALL = 'node_eventloop:stall';
const COLLECTION = 'node_gc:collection';
const UNCAUGHT = /^(node_process|node_promise|ringtail_process):(uncaught|unhandled)/;

/** Finds what a person would look for first: slow requests and what happened during them, stalls, errors. */
export function findings(): Handler<FindingsState, Findings> {
  return new FindingsHandler();
}

type Receive = (view: EventView, values: readonly VisitedField[], thread: SpanThread) => void;

class FindingsHandler implements Handler<FindingsState, Findings> {
  readonly #pairs = new EventPairs(undefined);
  readonly #timeLine = new TimeLine();
  readonly #threads = new Threads<Span>();
  readonly #spans = new Spans(this.#timeLine);
  readonly #stalls = new GroupedCounts<Stall>();
  readonly #leaks = new GroupedCounts<ListenerLeak>();
  readonly #errors = new GroupedCounts<UncaughtError>();
  readonly #processes = new Processes();
  readonly #busyThreads = new BusyThreads();
  #eventCount = 0;
  #knownCount = 0;
  #firstNs: bigint | undefined;
  #lastNs: bigint | undefined;
  /** Times of this part of the trace, on the time line. */
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #losses = NO_LOSSES;

  see(of: EventRecordClass, stream: DataStream): EventHandler {
    const sampled = this.#busyThreads.see(of, stream);
    if (sampled !== undefined) return this.#counted(sampled);
    const args = new Arguments();
    const receive = this.#receiver(of, stream, args);
    if (receive === undefined) return { fields: [], handle: (view) => void this.#count(view) };
    const threadOf = this.#threads.reader(of, stream, args);
    return {
      fields: args.names,
      handle: (view, ...values: VisitedField[]) => {
        const at = this.#count(view);
        this.#knownCount++;
        const thread = threadOf(view, values);
        this.#processes.see(thread.process, at, this.#timeLine);
        receive(view, values, thread);
      },
    };
  }

  #counted(handler: EventHandler): EventHandler {
    return {
      ...handler,
      handle: (view, ...values: VisitedField[]) => {
        this.#count(view);
        this.#knownCount++;
        handler.handle(view, ...values);
      },
    };
  }

  #count(view: EventView): number {
    const at = this.#timeLine.at(view);
    this.#eventCount++;
    if (at < this.#first) this.#first = at;
    if (at > this.#last) this.#last = at;
    return at;
  }

  #receiver(of: EventRecordClass, stream: DataStream, args: Arguments): Receive | undefined {
    if (of.name === STALL) return this.#stallReceiver(of, args);
    if (of.name === COLLECTION) return this.#collectionReceiver(of, args);
    if (of.name === WARNING) return this.#warningReceiver(of, args);
    if (UNCAUGHT.test(of.name)) return this.#errorReceiver(of, args);
    const pair = this.#pairs.pairOf(of, stream);
    if (pair === undefined) {
      if (isAlsoIn(of, stream)) return undefined;
      const hasDuration = of.payload?.members.some(({ name }) => name === 'duration_ns');
      return hasDuration === true && isCall(of.name) ? this.#spans.callReceiver(of, stream, args) : undefined;
    }
    const kind = spanKind(pair.begin);
    return kind && this.#spans.receiver(kind, pair, of, stream, args);
  }

  #stallReceiver(of: EventRecordClass, args: Arguments): Receive {
    const fieldsOf = fieldsReader(of, args);
    const stackAt = args.add('stack');
    return (view, values, thread) => {
      const fields = fieldsOf(values);
      const durationNs = numberOf(fields, 'duration_ns');
      const since = nsSinceStart(view, numberOf(fields, 'start_ns') || undefined, durationNs);
      const start = this.#timeLine.at(view) - since;
      const lines = stackLines(values[stackAt]);
      const stack = shortStack(lines);
      const callers = shortStack(lines.slice(programFrameAt(lines)));
      const where = callers[0] ?? '';
      const stall = { atNs: this.#timeLine.absolute(start), durationNs, where, stack };
      this.#stalls.add(callers.slice(0, 2).join('\n'), durationNs, stall);
      const detail = stack.join('\n');
      const wait = {
        kind: 'event-loop',
        target: where,
        detail,
        pattern: detail,
        start,
        end: start + durationNs,
      } as const;
      this.#spans.addWait(wait, thread, undefined, undefined);
    };
  }

  #collectionReceiver(of: EventRecordClass, args: Arguments): Receive {
    const fieldsOf = fieldsReader(of, args);
    return (view, values, thread) => {
      const fields = fieldsOf(values);
      const durationNs = numberOf(fields, 'duration_ns');
      const since = nsSinceStart(view, numberOf(fields, 'start_ns') || undefined, durationNs);
      const start = this.#timeLine.at(view) - since;
      this.#processes.addCollection(thread.process, durationNs);
      const target = firstText(fields, 'kind');
      const wait = { kind: 'gc', target, detail: '', pattern: '', start, end: start + durationNs } as const;
      this.#spans.addWait(wait, thread, undefined, undefined);
    };
  }

  #errorReceiver(of: EventRecordClass, args: Arguments): Receive {
    const fieldsOf = fieldsReader(of, args);
    const stackAt = args.add('stack');
    return (view, values) => {
      const fields = fieldsOf(values);
      const stack = shortStack(stackLines(values[stackAt]));
      const message = firstText(fields, 'message', 'error', 'reason', 'name').slice(0, LINE_LENGTH_MAX);
      this.#errors.add(`${message}\n${stack[0] ?? ''}`, 0, {
        atNs: this.#timeLine.absolute(this.#timeLine.at(view)),
        event: of.name,
        message,
        stack,
      });
    };
  }

  #warningReceiver(of: EventRecordClass, args: Arguments): Receive {
    const fieldsOf = fieldsReader(of, args);
    const stackAt = args.add('stack');
    return (view, values) => {
      const atNs = this.#timeLine.absolute(this.#timeLine.at(view));
      const leak = listenerLeak(fieldsOf(values), stackLines(values[stackAt]), atNs);
      if (leak !== undefined) this.#leaks.add(JSON.stringify([leak.emitter, leak.event, leak.where]), 0, leak);
    };
  }

  seeLoss(loss: LossMessage): void {
    this.#losses = addLosses(this.#losses, lossesOf(loss));
    this.#spans.giveUp(loss.stream);
  }

  state(): FindingsState {
    const { firstNs, lastNs } = this.#times();
    return {
      eventCount: this.#eventCount,
      knownCount: this.#knownCount,
      firstNs,
      lastNs,
      losses: this.#losses,
      spans: this.#spans.state(),
      stalls: this.#stalls.state(),
      leaks: this.#leaks.state(),
      errors: this.#errors.state(),
      processes: this.#processes.state(),
      threads: this.#busyThreads.state(),
    };
  }

  #times(): Pick<FindingsState, 'firstNs' | 'lastNs'> {
    const own = this.#first <= this.#last;
    return {
      firstNs: own ? least(this.#firstNs, this.#timeLine.absolute(this.#first)) : this.#firstNs,
      lastNs: own ? greatest(this.#lastNs, this.#timeLine.absolute(this.#last)) : this.#lastNs,
    };
  }

  merge(state: FindingsState): void {
    this.#eventCount += state.eventCount;
    this.#knownCount += state.knownCount;
    this.#firstNs = least(this.#firstNs, state.firstNs);
    this.#lastNs = greatest(this.#lastNs, state.lastNs);
    this.#losses = addLosses(this.#losses, state.losses);
    this.#spans.merge(state.spans);
    this.#stalls.merge(state.stalls);
    this.#leaks.merge(state.leaks);
    this.#errors.merge(state.errors);
    this.#processes.merge(state.processes);
    this.#busyThreads.merge(state.threads);
  }

  data(): Findings {
    const data = {
      eventCount: this.#eventCount,
      knownCount: this.#knownCount,
      ...this.#times(),
      losses: this.#losses,
      ...this.#spans.data(),
      stalls: this.#stalls.data(),
      leaks: this.#leaks.data(),
      errors: this.#errors.data(),
      processes: this.#processes.data(),
      busyThreads: this.#busyThreads.data(),
    };
    return { ...data, findings: applyRules(data) };
  }
}

/** A slow operation is reported twice where the events of all operations are recorded as well. */
function isAlsoIn({ name }: EventRecordClass, { class: { eventRecordClasses } }: DataStream): boolean {
  const other = name.replace(':slow_', ':');
  return other !== name && eventRecordClasses.some((of) => of.name === other);
}
