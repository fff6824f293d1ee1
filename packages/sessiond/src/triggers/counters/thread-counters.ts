import { CONTROL_COUNTERS_OFFSET, CONTROL_KEY_COUNTERS_FROM, CONTROL_SLOT_COUNT } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../model/session.ts';

const COUNTER_BYTES = 8;
/** Counters of a slot that the daemon assigns; the thread assigns the others. */
export const DAEMON_COUNTERS_MAX = CONTROL_KEY_COUNTERS_FROM / CONTROL_SLOT_COUNT;

/** Freed numbers that wait before the first of them is used again. */
const FREED_KEPT = 64;

/** A registered thread whose counters can be read. */
export interface CountingThread {
  readonly uid: number;
  readonly slot: number;
  readonly process: ApplicationProcess;
  /** Reads from its control file. @throws where that cannot be read. */
  read(bytes: Buffer, position: number): void;
}

/** A counter under one number in the control files of all threads, which the threads add to. */
export interface SharedCounter {
  /** Its index in control files with that slot. */
  indexFor(slot: number): number;
  /** Additions of all threads since it was opened, ended threads included. Never less than before. */
  read(): number;
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
  readonly #threads = new Map<CountingThread, Map<Counter, number>>();
  readonly #open = new Set<Counter>();
  readonly #freed: number[] = [];
  #fresh = 0;
  /** Counters that were read in this turn of the event loop, so that a thousand counters are one read of each file. */
  #blocks = new Map<CountingThread, Buffer>();

  /**
   * @param counts whether additions of that thread count. Only its threads know of the counter, but any thread may
   *   write anything.
   * @returns undefined if all are taken
   */
  open(counts: (thread: CountingThread) => boolean): SharedCounter | undefined {
    const number = this.#takeNumber();
    if (number === undefined) return undefined;
    this.#blocks = new Map();
    const counter: Counter = new Counter(number, counts, this.#sum, () => {
      if (!this.#open.delete(counter)) return;
      this.#freed.push(number);
      for (const bases of this.#threads.values()) bases.delete(counter);
    });
    this.#open.add(counter);
    for (const [thread, bases] of this.#threads) bases.set(counter, this.#value(thread, counter));
    return counter;
  }

  /** The thread may add to counters from now on. */
  add(thread: CountingThread): void {
    const bases = new Map<Counter, number>();
    for (const counter of this.#open) bases.set(counter, this.#value(thread, counter));
    this.#threads.set(thread, bases);
  }

  /** The thread has ended; its control file can still be read. */
  remove(thread: CountingThread): void {
    this.#blocks.delete(thread);
    const bases = this.#threads.get(thread) ?? new Map<Counter, number>();
    for (const [counter, base] of bases) {
      if (counter.counts(thread)) counter.ended += difference(this.#value(thread, counter), base);
    }
    this.#threads.delete(thread);
    this.#blocks.delete(thread);
  }

  #takeNumber(): number | undefined {
    if (this.#freed.length > FREED_KEPT || this.#fresh === DAEMON_COUNTERS_MAX) return this.#freed.shift();
    return this.#fresh++;
  }

  readonly #sum = (counter: Counter): number => {
    let sum = 0;
    for (const [thread, bases] of this.#threads) {
      if (counter.counts(thread)) sum += difference(this.#value(thread, counter), bases.get(counter) ?? 0);
    }
    return sum;
  };

  #value(thread: CountingThread, counter: Counter): number {
    return this.#block(thread).readDoubleLE((counter.number * CONTROL_SLOT_COUNT + thread.slot) * COUNTER_BYTES);
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

class Counter implements SharedCounter {
  readonly number: number;
  readonly counts: (thread: CountingThread) => boolean;
  /** Additions of threads that have ended. */
  ended = 0;
  readonly #sum: (counter: Counter) => number;
  readonly #onClosed: () => void;
  #last = 0;

  constructor(
    number: number,
    counts: (thread: CountingThread) => boolean,
    sum: (counter: Counter) => number,
    onClosed: () => void,
  ) {
    this.number = number;
    this.counts = counts;
    this.#sum = sum;
    this.#onClosed = onClosed;
  }

  indexFor(slot: number): number {
    return this.number * CONTROL_SLOT_COUNT + slot;
  }

  read(): number {
    this.#last = Math.min(Math.max(this.#last, this.ended + this.#sum(this)), Number.MAX_SAFE_INTEGER);
    return this.#last;
  }

  close(): void {
    this.#onClosed();
  }
}

/** The counter under an index of a thread's control file. */
export function counterAt(thread: CountingThread, index: number): number {
  const bytes = Buffer.alloc(COUNTER_BYTES);
  readOrZero(thread, bytes, CONTROL_COUNTERS_OFFSET + index * COUNTER_BYTES);
  return bytes.readDoubleLE(0);
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
