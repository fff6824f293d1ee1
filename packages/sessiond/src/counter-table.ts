import { CONTROL_COUNTERS_OFFSET } from '@ringtail/protocol';

/**
 * How many counters this daemon gives out at once, of its half of those in a control file. The others are for keys of maps,
 * which threads number themselves, from the end.
 */
export const SHARED_COUNTERS_MAX = 4096;

const COUNTER_BYTES = 8;

/** The counters in the control file of one thread. */
export interface CounterFile {
  /** Ours in that file: 0 or 1. */
  readonly slot: number;
  /** @throws where the file cannot be read as far as that. */
  read(bytes: Buffer, position: number): void;
}

/** A counter that every thread has at the same place. */
export interface SharedCounter {
  /** Its index in a control file in which our slot is this one. */
  indexIn(slot: number): number;
  /** What all threads have counted since it was given out, those included that have ended.. */
  total(): number;
  /** Gives it back. */
  release(): void;
}

interface Entry {
  readonly number: number;
  /** What was in threads' files before; 0 where nothing is said. */
  readonly before: Map<CounterFile, number>;
  /** Of threads that have ended. */
  ended: number;
  total: number;
}

export interface CounterTableOptions {
  readonly nowMs: () => number;
  /** Totals asked for within so many milliseconds are of one reading of all files. */
  readonly freshMs: number;
}

/**
 * The counters that this daemon gives out, and what threads have counted.
 *
 * Threads write what they like into their files: what is no count counts as none, for that thread alone.
 */
export class CounterTable {
  readonly #options: CounterTableOptions;
  readonly #files = new Set<CounterFile>();
  readonly #entries = new Map<number, Entry>();
  /** Numbers that were given back, the oldest first: a thread may still add to one that it has not heard of. */
  readonly #free: number[] = [];
  #nextNumber = 0;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(options: CounterTableOptions) {
    this.#options = options;
  }

  /** Undefined where all are in use. */
  allocate(): SharedCounter | undefined {
    const number = this.#nextNumber < SHARED_COUNTERS_MAX ? this.#nextNumber++ : this.#free.shift();
    if (number === undefined) return undefined;
    const entry: Entry = { number, before: new Map(), ended: 0, total: 0 };
    for (const file of this.#files) {
      const value = valueIn(read(file, number, number), file, number, number);
      if (value > 0) entry.before.set(file, value);
    }
    this.#entries.set(number, entry);
    return {
      indexIn: (slot) => 2 * number + slot,
      total: () => {
        this.#refresh();
        return entry.total;
      },
      release: () => {
        if (this.#entries.get(number) !== entry) return;
        this.#entries.delete(number);
        this.#free.push(number);
      },
    };
  }

  /** A thread registers: to be told before it learns of any counter. What another daemon had it count is not ours. */
  join(file: CounterFile): void {
    this.#files.add(file);
    this.#each(file, (entry, value) => {
      if (value > 0) entry.before.set(file, value);
    });
  }

  /** A thread has ended; its file is read for the last time. */
  leave(file: CounterFile): void {
    if (!this.#files.delete(file)) return;
    this.#each(file, (entry, value) => {
      entry.ended += since(entry, file, value);
      entry.before.delete(file);
    });
  }

  #refresh(): void {
    const now = this.#options.nowMs();
    if (now - this.#readMs < this.#options.freshMs) return;
    this.#readMs = now;
    for (const entry of this.#entries.values()) entry.total = entry.ended;
    for (const file of this.#files) {
      this.#each(file, (entry, value) => {
        entry.total += since(entry, file, value);
      });
    }
  }

  /** Reads all counters of a file at once. */
  #each(file: CounterFile, use: (entry: Entry, value: number) => void): void {
    if (this.#entries.size === 0) return;
    let [first, last] = [SHARED_COUNTERS_MAX, 0];
    for (const number of this.#entries.keys()) {
      first = Math.min(first, number);
      last = Math.max(last, number);
    }
    const bytes = read(file, first, last);
    for (const entry of this.#entries.values()) use(entry, valueIn(bytes, file, first, entry.number));
  }
}

function read(file: CounterFile, first: number, last: number): Buffer | undefined {
  // Ours alternate with those of the other daemon.
  const bytes = Buffer.alloc((2 * (last - first) + 2) * COUNTER_BYTES);
  try {
    file.read(bytes, CONTROL_COUNTERS_OFFSET + 2 * first * COUNTER_BYTES);
    return bytes;
  } catch {
    return undefined;
  }
}

function valueIn(bytes: Buffer | undefined, { slot }: CounterFile, first: number, number: number): number {
  const value = bytes?.readDoubleLE((2 * (number - first) + slot) * COUNTER_BYTES) ?? 0;
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? Math.floor(value) : 0;
}

function since({ before }: Entry, file: CounterFile, value: number): number {
  return Math.max(0, value - (before.get(file) ?? 0));
}
