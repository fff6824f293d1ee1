import type { DataStream, EventHandler, EventRecordClass } from '@ringtail/ctf';
import type { PlainValue } from '../fields/field-place.ts';
import { CpuSamples, type SampleBatch, type SampledThread } from '../profiles/cpu-samples.ts';
import { frameText } from '../profiles/functions.ts';
import { compareTexts } from './span-summary.ts';

const THREADS_MAX = 1000;
/** Functions of a thread beyond this number share one entry. */
const FUNCTIONS_MAX = 4096;
const FURTHER = 'other functions';
/** Functions that a report names. */
const HOTTEST_MAX = 3;

/** CPU samples of a thread. Times are nanoseconds: numbers of samples times their period. */
export interface ThreadSamples {
  /** Equal in all parts of a trace. */
  readonly key: string;
  readonly pid: PlainValue | undefined;
  readonly tid: PlainValue | undefined;
  readonly sampledNs: number;
  readonly busyNs: number;
  /** Times in which the innermost function was this one. */
  readonly functions: readonly (readonly [frame: string, selfNs: number])[];
}

/** A thread with the functions in which it spent most of its time. */
export interface BusyThread extends Omit<ThreadSamples, 'key' | 'functions'> {
  /** Part of the sampled time in which the thread was not idle, from 0 to 1. */
  readonly busyShare: number;
  /** The hottest first; `share` is of the busy time. */
  readonly hottest: readonly { readonly frame: string; readonly share: number }[];
}

interface SampledTimes {
  readonly name: Pick<ThreadSamples, 'key' | 'pid' | 'tid'>;
  sampledNs: number;
  busyNs: number;
  readonly functions: Map<string, number>;
}

/** Sums the CPU samples of threads by their innermost functions: the events of the provider `node_cpu`. */
export class BusyThreads {
  readonly #samples = new CpuSamples((sampled, batch) => this.#addBatch(sampled, batch));
  readonly #threads = new Map<string, SampledTimes>();

  /** @see Handler.see */
  see(of: EventRecordClass, stream: DataStream): EventHandler | undefined {
    return this.#samples.see(of, stream);
  }

  #addBatch({ thread, stacks }: SampledThread, { periodNs, stacks: sampled }: SampleBatch): void {
    const { key, tid } = thread;
    const times = this.#timesOf({ key, pid: thread.process.pid, tid });
    if (times === undefined) return;
    for (const stack of sampled) {
      if (stack === undefined) continue;
      times.sampledNs += periodNs;
      const innermost = this.#samples.functions[stacks.functions[stack]!]!;
      if (innermost.kind !== 'idle') addFunction(times, frameText(innermost), periodNs);
    }
  }

  /** @returns undefined if there are too many threads */
  #timesOf(name: SampledTimes['name']): SampledTimes | undefined {
    const known = this.#threads.get(name.key);
    if (known !== undefined || this.#threads.size >= THREADS_MAX) return known;
    const times = { name, sampledNs: 0, busyNs: 0, functions: new Map() };
    this.#threads.set(name.key, times);
    return times;
  }

  state(): ThreadSamples[] {
    return [...this.#threads.values()].map(({ name, sampledNs, busyNs, functions }) => ({
      ...name,
      sampledNs,
      busyNs,
      functions: [...functions],
    }));
  }

  merge(states: readonly ThreadSamples[]): void {
    for (const { key, pid, tid, sampledNs, functions } of states) {
      const times = this.#timesOf({ key, pid, tid });
      if (times === undefined) continue;
      times.sampledNs += sampledNs;
      for (const [frame, selfNs] of functions) addFunction(times, frame, selfNs);
    }
  }

  /** The busiest first. */
  data(): BusyThread[] {
    return this.state()
      .map(({ pid, tid, sampledNs, busyNs, functions }) => ({
        pid,
        tid,
        sampledNs,
        busyNs,
        busyShare: sampledNs === 0 ? 0 : busyNs / sampledNs,
        hottest: functions
          .toSorted(([a, m], [b, n]) => n - m || compareTexts(a, b))
          .slice(0, HOTTEST_MAX)
          .map(([frame, selfNs]) => ({ frame, share: selfNs / busyNs })),
      }))
      .sort((a, b) => b.busyNs - a.busyNs);
  }
}

function addFunction(times: SampledTimes, frame: string, selfNs: number): void {
  const { functions } = times;
  const key = functions.has(frame) || functions.size < FUNCTIONS_MAX ? frame : FURTHER;
  functions.set(key, (functions.get(key) ?? 0) + selfNs);
  times.busyNs += selfNs;
}
