/** Kinds of time spans that a thread spends on something else than the code of a request or operation. */
export type WaitKind = 'event-loop' | 'gc' | 'sync-file' | 'file' | 'call' | 'operation';

/** A time span of a thread. Times are nanoseconds on the time line of the analysis. */
export interface Wait {
  readonly kind: WaitKind;
  /** A host, an operation on files, the kind of a garbage collection, the function that blocked the event loop. */
  readonly target: string;
  /** Texts that name this one, such as a method and a path; the lines of a stack. */
  readonly detail: string;
  /** The same for all that are of one kind. */
  readonly pattern: string;
  readonly start: number;
  readonly end: number;
}

/** Waits of one kind during an operation. */
export interface WaitSummary {
  readonly kind: WaitKind;
  readonly target: string;
  /** Pattern of the details; `*` stands for several of them. */
  readonly pattern: string;
  readonly count: number;
  /** Parts of `count`: a wait during several operations counts as a part for each. */
  readonly share: number;
  /** In nanoseconds, during the operation only. Waits side by side all count. */
  readonly totalNs: number;
  readonly longestNs: number;
  /** Detail of the longest one. */
  readonly longest: string;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const ROWS_MAX = 64;
const FURTHER = '*';

/** Sums the waits of one operation, a bounded number of kinds. */
export class Waits {
  readonly #rows = new Map<string, Mutable<WaitSummary>>();

  add({ kind, target, pattern, detail }: Wait, ns: number, share: number): void {
    const key = keyOf(kind, target, pattern);
    const row = this.#rows.get(key) ?? this.#newRow(key, kind, target, pattern);
    row.count++;
    row.share += share;
    row.totalNs += ns;
    if (ns < row.longestNs) return;
    row.longestNs = ns;
    row.longest = detail;
  }

  #newRow(key: string, kind: WaitKind, target: string, pattern: string): Mutable<WaitSummary> {
    const isFull = this.#rows.size >= ROWS_MAX;
    const furtherKey = keyOf(kind, FURTHER, FURTHER);
    const known = isFull ? this.#rows.get(furtherKey) : undefined;
    if (known !== undefined) return known;
    const names = isFull ? { target: FURTHER, pattern: FURTHER } : { target, pattern };
    const row = { kind, ...names, count: 0, share: 0, totalNs: 0, longestNs: 0, longest: '' };
    this.#rows.set(isFull ? furtherKey : key, row);
    return row;
  }

  rows(): WaitSummary[] {
    return [...this.#rows.values()].map((row) => ({ ...row }));
  }
}

function keyOf(kind: WaitKind, target: string, pattern: string): string {
  return `${kind}\0${target}\0${pattern}`;
}

/** Joins the waits with one target, the longest time first. */
export function byTarget(rows: readonly WaitSummary[]): WaitSummary[] {
  const joined = new Map<string, WaitSummary>();
  for (const row of rows) {
    const key = keyOf(row.kind, row.target, '');
    const known = joined.get(key);
    joined.set(key, known === undefined ? row : joinedRow(known, row));
  }
  return [...joined.values()].sort((a, b) => b.totalNs - a.totalNs || b.count - a.count);
}

function joinedRow(a: WaitSummary, b: WaitSummary): WaitSummary {
  const { longestNs, longest } = a.longestNs >= b.longestNs ? a : b;
  return {
    ...a,
    pattern: FURTHER,
    count: a.count + b.count,
    share: a.share + b.share,
    totalNs: a.totalNs + b.totalNs,
    longestNs,
    longest,
  };
}
