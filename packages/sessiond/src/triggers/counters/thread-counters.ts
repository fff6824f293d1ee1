import { CONTROL_COUNTER_COUNT, CONTROL_COUNTERS_OFFSET, CONTROL_SLOT_COUNT } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../model/session.ts';

const COUNTER_BYTES = 8;
/** Counters that the daemon numbers; the other half of a slot's is for the thread to number. */
export const DAEMON_COUNTERS_MAX = CONTROL_COUNTER_COUNT / CONTROL_SLOT_COUNT / 2;

/** Freed numbers that wait before the first of them is given again. */
const FREED_KEPT = 64;

/** A registered thread, as far as its counters go. */
export interface CountingThread {
  readonly uid: number;
  readonly slot: number;
  readonly process: ApplicationProcess;
  /** Reads from its control file. @throws where that cannot be read. */
  read(bytes: Buffer, position: number): void;
}

/** A number in the control file of each thread, which the threads add to. */
export interface SharedCounter {
  /** Where threads of that slot have it. */
  indexFor(slot: number): number;
  /** What all threads have added since it was opened, those included that have ended. Never less than before. */
  read(): number;
  /** It is not to be in any desired state any more. */
  close(): void;
}

/**
 * Counters of all threads, and who has which.
 *
 * What a counter holds when it is opened, or when a thread registers, is where it begins: a number that is given anew, or a thread that
 * another daemon had before, needs nothing written beside the thread that may be adding. Freed numbers wait before they are given again, since
 * a thread that is amid a tracepoint may still add to them.
 */
export class ThreadCounters {
  readonly #threads = new Map<CountingThread, Map<Counter, number>>();
  readonly #open = new Set<Counter>();
  readonly #freed: number[] = [];
  #fresh = 0;
  /** Blocks that were read in this turn: whoever looks at a thousand counters reads each file once. */
  #blocks = new Map<CountingThread, Buffer>();

  /**
   * @param counts whether what that thread adds is counted: nobody else is told of the counter, but any thread may write anything.
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

  /** The thread's desired state may name counters from now on. */
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

  /** All that is in use, as of this turn of the event loop. */
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
  /** What threads have added that are no more. */
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

/** A thread may write anything: what is no count counts nothing. */
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
