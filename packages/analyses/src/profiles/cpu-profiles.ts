import type { DataStream, EventHandler, EventRecordClass, EventView, VisitedField } from '@ringtail/ctf';
import { Arguments, type PlainValue, plainValue } from '../fields/field-place.ts';
import { shownValue } from '../fields/scalar-fields.ts';
import { type Thread, type ThreadReader, Threads } from '../findings/threads.ts';
import { Functions, type SampledFunction } from './functions.ts';
import { NO_STACK, Stacks } from './stacks.ts';

const SAMPLES_MAX = 2 ** 26;
/** A longer time without a sample was not sampled: a slice is missing, or the event was disabled. */
const GAP_US_MAX = 1_000_000;
const NOT_SAMPLED: SampledFunction = { kind: 'program', name: '(not sampled)', url: '', line: 0, column: 0 };
const UNSEEN: SampledFunction = { kind: 'program', name: '(unknown)', url: '', line: 0, column: 0 };

/** Samples of a thread, in the order of time. */
export interface ThreadProfile {
  readonly pid: PlainValue | undefined;
  readonly tid: PlainValue | undefined;
  readonly stacks: Stacks;
  /** The stack of each sample. It lasts until the next one, or until `endUs`. */
  readonly samples: readonly number[];
  /** Times of the samples in microseconds of the clock of the program. */
  readonly timesUs: readonly number[];
  readonly endUs: number;
}

/** The name of a thread for people. */
export function threadName({ pid, tid }: Pick<ThreadProfile, 'pid' | 'tid'>): string {
  if (pid === undefined) return 'program';
  return tid === undefined || tid === pid ? `process ${pid}` : `process ${pid}, thread ${tid}`;
}

/** What the events of the present slice of a thread have named. */
interface Slice {
  readonly id: PlainValue | undefined;
  readonly functions: Map<number, number>;
  readonly stacks: Map<number, number>;
}

interface Profile extends ThreadProfile {
  readonly samples: number[];
  readonly timesUs: number[];
  endUs: number;
  slice: Slice;
}

/** Adds an event to the profile of its thread. */
type Act = (profile: Profile, values: readonly VisitedField[]) => void;

const FIELDS = {
  'node_cpu:function': ['slice_id', 'function_id', 'kind', 'name', 'url', 'line', 'column'],
  'node_cpu:stacks': ['slice_id', 'stack_ids', 'caller_ids', 'function_ids'],
  'node_cpu:samples': ['slice_id', 'start_ns', 'period_ns', 'offsets_us', 'stack_ids'],
} as const;

/** Makes profiles of CPU samples: the events of the provider `node_cpu`. Memory: about 16 bytes a sample. */
export class CpuProfiles {
  readonly #samplesMax: number;
  readonly #functions = new Functions();
  readonly #threads = new Threads();
  readonly #profiles = new Map<Thread, Profile>();
  #sampleCount = 0;
  #unknownCount = 0;
  #omittedCount = 0;

  constructor(samplesMax: number = SAMPLES_MAX) {
    this.#samplesMax = samplesMax;
  }

  get functions(): readonly SampledFunction[] {
    return this.#functions.list;
  }

  /** Number of samples. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Number of samples whose stack is not in the trace. Profiles show them as `(unknown)`. */
  get unknownCount(): number {
    return this.#unknownCount;
  }

  /** Number of samples that no profile has, because there are too many. */
  get omittedCount(): number {
    return this.#omittedCount;
  }

  get profiles(): ThreadProfile[] {
    return [...this.#profiles.values()].filter(({ samples }) => samples.length > 0);
  }

  /** @see Handler.see */
  see(of: EventRecordClass, stream: DataStream): EventHandler | undefined {
    switch (of.name) {
      case 'node_cpu:function':
        return this.#functionHandler(of, stream, FIELDS[of.name]);
      case 'node_cpu:stacks':
        return this.#handler(of, stream, FIELDS[of.name], addStacks);
      case 'node_cpu:samples':
        return this.#handler(of, stream, FIELDS[of.name], (profile, values) => this.#addSamples(profile, values));
      default:
        return undefined;
    }
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
      handle: (view: EventView, ...values: VisitedField[]) => act(this.#profileOf(threadOf, view, values), values),
    };
  }

  #profileOf(threadOf: ThreadReader, view: EventView, values: readonly VisitedField[]): Profile {
    const thread = threadOf(view, values);
    let profile = this.#profiles.get(thread);
    if (profile === undefined) {
      const { process, tid } = thread;
      const slice = newSlice(undefined);
      profile = { pid: process.pid, tid, stacks: new Stacks(), samples: [], timesUs: [], endUs: 0, slice };
      this.#profiles.set(thread, profile);
    }
    const id = plainValue(values[0]);
    if (profile.slice.id !== id) profile.slice = newSlice(id);
    return profile;
  }

  #addSamples(profile: Profile, [, startNs, periodNs, offsets, stacks]: readonly VisitedField[]): void {
    const startUs = numberOf(startNs) / 1000;
    const periodUs = numberOf(periodNs) / 1000;
    const offsetsUs = numbersOf(offsets);
    const ids = numbersOf(stacks);
    for (let i = 0; i < Math.min(offsetsUs.length, ids.length); i++) {
      this.#addSample(profile, startUs + offsetsUs[i]!, periodUs, profile.slice.stacks.get(ids[i]!));
    }
  }

  #addSample(profile: Profile, timeUs: number, periodUs: number, known: number | undefined): void {
    const stack = known ?? this.#single(profile, UNSEEN);
    if (stack === undefined || this.#sampleCount >= this.#samplesMax) {
      this.#omittedCount++;
      return;
    }
    if (known === undefined) this.#unknownCount++;
    const { samples, timesUs, stacks } = profile;
    if (samples.length > 0 && timeUs > profile.endUs + GAP_US_MAX) {
      samples.push(this.#single(profile, NOT_SAMPLED) ?? NO_STACK);
      timesUs.push(profile.endUs);
    }
    const atUs = Math.max(timeUs, timesUs.at(-1) ?? timeUs);
    samples.push(stack);
    timesUs.push(atUs);
    profile.endUs = atUs + periodUs;
    stacks.counts[stack]!++;
    this.#sampleCount++;
  }

  #single({ stacks }: Profile, of: SampledFunction): number | undefined {
    const index = this.#functions.add(of);
    return index === undefined ? undefined : stacks.add(NO_STACK, index);
  }
}

function addStacks({ slice, stacks }: Profile, [, ids, callers, functions]: readonly VisitedField[]): void {
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
