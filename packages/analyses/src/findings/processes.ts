import type { PlainValue } from '../fields/field-place.ts';
import type { ProcessName } from '../threads/threads.ts';
import { greatest, least, type TimeLine } from './time-line.ts';

const PROCESSES_MAX = 10_000;

export interface ProcessState {
  readonly key: string;
  readonly pid: PlainValue | undefined;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly gcCount: number;
  readonly gcTotalNs: number;
  readonly gcLongestNs: number;
}

/** The time of a process from its first event to its last, and its garbage collections. */
export interface ProcessTimes extends ProcessState {
  /** Part of the time that garbage collections took, from 0 to 1. */
  readonly gcShare: number;
}

interface Process {
  readonly name: ProcessName;
  readonly timeLine: TimeLine;
  first: number;
  last: number;
  gcCount: number;
  gcTotalNs: number;
  gcLongestNs: number;
}

/** Garbage collections by process. */
export class Processes {
  readonly #own = new Map<ProcessName, Process>();
  readonly #others: ProcessState[] = [];

  see(name: ProcessName, at: number, timeLine: TimeLine): void {
    const process = this.#own.get(name);
    if (process !== undefined) process.last = at;
    else if (this.#own.size < PROCESSES_MAX) {
      this.#own.set(name, { name, timeLine, first: at, last: at, gcCount: 0, gcTotalNs: 0, gcLongestNs: 0 });
    }
  }

  addCollection(name: ProcessName, durationNs: number): void {
    const process = this.#own.get(name);
    if (process === undefined) return;
    process.gcCount++;
    process.gcTotalNs += durationNs;
    process.gcLongestNs = Math.max(process.gcLongestNs, durationNs);
  }

  state(): ProcessState[] {
    const own = [...this.#own.values()].map(({ name, timeLine, first, last, ...gc }) => ({
      key: name.key,
      pid: name.pid,
      firstNs: timeLine.absolute(first),
      lastNs: timeLine.absolute(last),
      ...gc,
    }));
    return joined([...this.#others, ...own]);
  }

  merge(states: readonly ProcessState[]): void {
    this.#others.push(...states);
  }

  data(): ProcessTimes[] {
    return this.state()
      .map((process) => ({ ...process, gcShare: gcShareOf(process) }))
      .sort((a, b) => b.gcTotalNs - a.gcTotalNs || (a.firstNs < b.firstNs ? -1 : 1));
  }
}

function joined(states: readonly ProcessState[]): ProcessState[] {
  const byKey = new Map<string, ProcessState>();
  for (const one of states) {
    const known = byKey.get(one.key);
    byKey.set(one.key, known === undefined ? one : sum(known, one));
  }
  return [...byKey.values()];
}

function sum(a: ProcessState, b: ProcessState): ProcessState {
  return {
    ...a,
    firstNs: least(a.firstNs, b.firstNs),
    lastNs: greatest(a.lastNs, b.lastNs),
    gcCount: a.gcCount + b.gcCount,
    gcTotalNs: a.gcTotalNs + b.gcTotalNs,
    gcLongestNs: Math.max(a.gcLongestNs, b.gcLongestNs),
  };
}

function gcShareOf({ firstNs, lastNs, gcTotalNs }: ProcessState): number {
  const ns = Number(lastNs - firstNs);
  return ns === 0 ? 0 : Math.min(1, gcTotalNs / ns);
}
