import { KINDS } from './driven-trace.ts';

/** What of one kind of events is wanted. */
export type Wanted = 'none' | 'all' | 'odd';

/** What a session is to record at some time. */
export interface Expectation {
  readonly wanted: readonly Wanted[];
}

interface Period {
  /** When the command that began it was given, and when it had certainly taken effect: nanoseconds of CLOCK_MONOTONIC. */
  readonly from: number;
  readonly sureFrom: number;
  readonly expected: Expectation;
}

/** How long after its answer a command may still be under way in a thread that has to wait for a processor. */
const GRACE_NS = 50e6;

/** What a session was to record, from command to command. */
export class CommandHistory {
  readonly #periods: Period[] = [];
  /** Between these times recorded events were dropped again by a command. */
  readonly #cleared: { readonly from: number; readonly to: number }[] = [];

  add(from: number, answered: number, expected: Expectation): void {
    this.#periods.push({ from, sureFrom: answered + GRACE_NS, expected });
  }

  /** A command dropped what had been recorded since `chunkFrom`. */
  addClear(chunkFrom: number, answered: number): void {
    this.#cleared.push({ from: chunkFrom, to: answered + GRACE_NS });
  }

  /**
   * Whether an event had to be recorded, must not have been, or may have been either way because a command about it was under
   * way. Times are to be asked for in order.
   */
  verdicts(): (kind: number, n: number, time: number) => 'recorded' | 'absent' | 'either' {
    let at = 0;
    let cleared = 0;
    return (kind, n, time) => {
      while (at + 1 < this.#periods.length && (this.#periods[at + 1] as Period).from <= time) at += 1;
      while (cleared < this.#cleared.length && (this.#cleared[cleared] as { to: number }).to < time) cleared += 1;
      const clear = this.#cleared[cleared];
      const verdict = this.#verdictAt(at, kind, n, time);
      return clear !== undefined && clear.from <= time && verdict === 'recorded' ? 'either' : verdict;
    };
  }

  #verdictAt(at: number, kind: number, n: number, time: number): 'recorded' | 'absent' | 'either' {
    const now = this.#periods[at];
    if (now === undefined || now.from > time) return 'either';
    const wanted = isWanted(now.expected, kind, n);
    // Every command that may still be under way has to say the same.
    for (let i = at; i >= 0; i--) {
      const period = this.#periods[i] as Period;
      if (isWanted(period.expected, kind, n) !== wanted) return 'either';
      if (period.sureFrom <= time) return wanted ? 'recorded' : 'absent';
    }
    return 'either';
  }
}

function isWanted({ wanted }: Expectation, kind: number, n: number): boolean {
  const of = wanted[kind % KINDS];
  return of === 'all' || (of === 'odd' && (n & 1) === 1);
}
