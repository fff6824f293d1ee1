import { KINDS } from './driven-trace.ts';

/** What of one kind of events is wanted. */
export type Wanted = 'none' | 'all' | 'odd';

/** What a session is to record at some time. */
export interface Expectation {
  readonly wanted: readonly Wanted[];
}

interface Period {
  /** When the command that began it was given, and when it was answered: nanoseconds of CLOCK_MONOTONIC. */
  readonly from: number;
  readonly answered: number;
  readonly expected: Expectation;
}

/** What a session was to record, from command to command. */
export class CommandHistory {
  readonly #periods: Period[] = [];
  /** Between these times recorded events were dropped again by a command. */
  readonly #cleared: { readonly from: number; readonly to: number }[] = [];

  add(from: number, answered: number, expected: Expectation): void {
    this.#periods.push({ from, answered, expected });
  }

  /** A command dropped what had been recorded since `chunkFrom`. */
  addClear(chunkFrom: number, answered: number): void {
    this.#cleared.push({ from: chunkFrom, to: answered });
  }

  /**
   * Whether an event of a thread had to be recorded, must not have been, or may have been either way because a command about
   * it was under way. Events are to be asked for in order.
   *
   * A thread looks at what is wanted, and reads the clock after that, however long it may have to wait in between for a
   * processor. So what holds for an event is certain once the event before it in its thread came after the answer.
   * `next` is the time of the event behind it in its thread.
   */
  verdicts(): (kind: number, n: number, time: number, next: number) => 'recorded' | 'absent' | 'either' {
    let at = 0;
    let cleared = 0;
    let previous = Number.NEGATIVE_INFINITY;
    return (kind, n, time, next) => {
      while (at + 1 < this.#periods.length && (this.#periods[at + 1] as Period).from <= time) at += 1;
      while (cleared < this.#cleared.length && (this.#cleared[cleared] as { to: number }).to < time) cleared += 1;
      const clear = this.#cleared[cleared];
      const verdict = this.#verdictAt(at, kind, n, previous);
      previous = time;
      // A record may be committed long after its clock was read, but not after the next one's.
      return clear !== undefined && clear.from <= next && verdict === 'recorded' ? 'either' : verdict;
    };
  }

  /** @param at index of the newest period that may hold for the event @param previous time of the event before */
  #verdictAt(at: number, kind: number, n: number, previous: number): 'recorded' | 'absent' | 'either' {
    const wanted = isWanted(this.#periods[at]?.expected, kind, n);
    // Every command that may still have been under way has to say the same.
    for (let i = at; i >= 0; i--) {
      const period = this.#periods[i] as Period;
      if (isWanted(period.expected, kind, n) !== wanted) return 'either';
      if (period.answered <= previous) return wanted ? 'recorded' : 'absent';
    }
    return 'either';
  }
}

function isWanted(expectation: Expectation | undefined, kind: number, n: number): boolean {
  const of = expectation?.wanted[kind % KINDS];
  return of === 'all' || (of === 'odd' && (n & 1) === 1);
}
