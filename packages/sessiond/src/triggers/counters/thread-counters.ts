import { CONTROL_COUNTERS_OFFSET, CONTROL_KEY_COUNTERS_FROM, CONTROL_SLOT_COUNT } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../model/application-process.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';

const COUNTER_BYTES = 8;
/** Counters of a slot that the daemon assigns; the thread assigns the others. */
export const DAEMON_COUNTERS_MAX = CONTROL_KEY_COUNTERS_FROM / CONTROL_SLOT_COUNT;

/** Freed numbers that wait before the first of them is used again. */
const FREED_KEPT = 64;
/** Memory of the base of a thread and a counter. */
const BASE_BYTES = 80;

/** A registered thread whose counters can be read. */
export interface CountingThread {
  readonly uid: number;
  readonly slot: number;
  readonly process: ApplicationProcess;
  /** Reads from its control file. @throws where that cannot be read. */
  read(bytes: Buffer, position: number): void;
}

/**
 * A counter under one number in the control files of all threads, which the threads add to. An addition is settled
 * when the thread has reported it, or has ended.
 */
export interface SharedCounter {
  /** Its index in control files with that slot. */
  indexFor(slot: number): number;
  /** Additions of all threads since it was opened, ended threads included. Never less than before. */
  read(): number;
  /** The settled part of them. */
  readonly settled: number;
  /** Additions of a thread that are not settled. */
  unsettledOf(thread: CountingThread): number;
  /** The thread has reported additions. */
  settle(thread: CountingThread, additions: number): void;
  /** Settles all additions. */
  settleAll(): void;
  /** No desired state has it any more. */
  close(): void;
}

/**
 * Counters that the daemon assigns, in the control files of all threads.
 *
 * A count begins at the value of the counter when it is opened, or when a thread registers. So the daemon never
 * writes to a counter: only the thread does. Freed numbers wait before they are used again, since a thread that is
 * inside a tracepoint may still add to them.
 */
export class ThreadCounters {
  readonly #kept: SharedPool;
  readonly #threads = new Set<CountingThread>();
  readonly #open = new Set<Counter>();
  readonly #freed: number[] = [];
  #fresh = 0;
  /** Counters that were read in this turn of the event loop, so that a thousand counters are one read of each file. */
  readonly #blocks = new Map<CountingThread, Buffer>();

  /** @param kept bytes kept for applications */
  constructor(kept: SharedPool) {
    this.#kept = kept;
  }

  /**
   * @param counts whether additions of that thread count. Only its threads know of the counter, but any thread may
   *   write anything.
   * @returns undefined if all are taken
   */
  open(counts: (thread: CountingThread) => boolean): SharedCounter | undefined {
    const number = this.#takeNumber();
    if (number === undefined) return undefined;
    this.#blocks.clear();
    const counter: Counter = new Counter({
      number,
      counts,
      kept: this.#kept,
      threads: this.#threads,
      valueIn: (thread) => this.#value(thread, number),
      onClosed: () => {
        if (this.#open.delete(counter)) this.#freed.push(number);
      },
    });
    this.#open.add(counter);
    for (const thread of this.#threads) counter.begin(thread, counterAt(thread, counter.indexFor(thread.slot)));
    return counter;
  }

  /** The thread may add to counters from now on. */
  add(thread: CountingThread): void {
    for (const counter of this.#open) counter.begin(thread, this.#value(thread, counter.number));
    this.#threads.add(thread);
  }

  /** Values of the thread are read again, although they were read in this turn. */
  readAgain(thread: CountingThread): void {
    this.#blocks.delete(thread);
  }

  /** The thread has ended; its control file can still be read. */
  remove(thread: CountingThread): void {
    this.readAgain(thread);
    for (const counter of this.#open) counter.end(thread);
    this.#threads.delete(thread);
    this.readAgain(thread);
  }

  #takeNumber(): number | undefined {
    if (this.#freed.length > FREED_KEPT || this.#fresh === DAEMON_COUNTERS_MAX) return this.#freed.shift();
    return this.#fresh++;
  }

  #value(thread: CountingThread, number: number): number {
    return this.#block(thread).readDoubleLE((number * CONTROL_SLOT_COUNT + thread.slot) * COUNTER_BYTES);
  }

  /** All counters in use, as of this turn of the event loop. */
  #block(thread: CountingThread): Buffer {
    const known = this.#blocks.get(thread);
    if (known !== undefined) return known;
    const block = Buffer.alloc(this.#fresh * CONTROL_SLOT_COUNT * COUNTER_BYTES);
    readOrZero(thread, block, CONTROL_COUNTERS_OFFSET);
    if (this.#blocks.size === 0) queueMicrotask(() => this.#blocks.clear());
    this.#blocks.set(thread, block);
    return block;
  }
}

interface CounterOptions {
  readonly number: number;
  readonly counts: (thread: CountingThread) => boolean;
  readonly kept: SharedPool;
  readonly threads: ReadonlySet<CountingThread>;
  readonly valueIn: (thread: CountingThread) => number;
  readonly onClosed: () => void;
}

class Counter implements SharedCounter {
  readonly #options: CounterOptions;
  /** Values up to which additions are settled. Absent: 0. */
  readonly #bases = new Map<CountingThread, number>();
  #settled = 0;
  #last = 0;

  constructor(options: CounterOptions) {
    this.#options = options;
  }

  get number(): number {
    return this.#options.number;
  }

  get settled(): number {
    return this.#settled;
  }

  indexFor(slot: number): number {
    return this.number * CONTROL_SLOT_COUNT + slot;
  }

  read(): number {
    let sum = this.#settled;
    for (const thread of this.#options.threads) sum += this.unsettledOf(thread);
    this.#last = Math.min(Math.max(this.#last, sum), Number.MAX_SAFE_INTEGER);
    return this.#last;
  }

  unsettledOf(thread: CountingThread): number {
    const { counts, valueIn } = this.#options;
    const value = valueIn(thread);
    // Most threads never add to most counters.
    return value !== 0 && counts(thread) ? difference(value, this.#bases.get(thread) ?? 0) : 0;
  }

  settle(thread: CountingThread, additions: number): void {
    this.#settled = Math.min(this.#settled + additions, Number.MAX_SAFE_INTEGER);
    this.#setBase(thread, (this.#bases.get(thread) ?? 0) + additions);
  }

  settleAll(): void {
    for (const thread of this.#options.threads) this.settle(thread, this.unsettledOf(thread));
  }

  begin(thread: CountingThread, value: number): void {
    this.#setBase(thread, value);
  }

  end(thread: CountingThread): void {
    const unsettled = this.unsettledOf(thread);
    if (unsettled > 0) this.settle(thread, unsettled);
    this.#setBase(thread, 0);
  }

  close(): void {
    for (const thread of this.#bases.keys()) this.#setBase(thread, 0);
    this.#options.onClosed();
  }

  /** Where the share of the user has no room, additions that are settled count once more when the thread ends. */
  #setBase(thread: CountingThread, value: number): void {
    const { kept } = this.#options;
    if (value === 0) {
      if (this.#bases.delete(thread)) kept.give(thread.uid, BASE_BYTES);
    } else if (this.#bases.has(thread) || kept.take(thread.uid, BASE_BYTES) === undefined) {
      this.#bases.set(thread, value);
    }
  }
}

/** The counter under an index of a thread's control file. */
export function counterAt(thread: CountingThread, index: number): number {
  const bytes = Buffer.alloc(COUNTER_BYTES);
  readOrZero(thread, bytes, CONTROL_COUNTERS_OFFSET + index * COUNTER_BYTES);
  return bytes.readDoubleLE(0);
}

/** A counter of a thread, which counts from a value on. */
export interface StartedCounter {
  readonly thread: CountingThread;
  readonly index: number;
  /** Only the thread writes to the counter, so that a clear moves the start. */
  start: number;
}

export function additionsOf({ thread, index, start }: StartedCounter): number {
  return difference(counterAt(thread, index), start);
}

/** A thread may write anything: a value that is no count counts as 0. */
export function difference(value: number, base: number): number {
  const grown = Math.floor(value - base);
  return grown > 0 && Number.isFinite(grown) ? Math.min(grown, Number.MAX_SAFE_INTEGER) : 0;
}

function readOrZero(thread: CountingThread, bytes: Buffer, position: number): void {
  try {
    thread.read(bytes, position);
  } catch {
    bytes.fill(0);
  }
}
