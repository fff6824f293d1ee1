import { KINDS } from './driven-trace.ts';

/** Rules for one kind of events. */
export type Wanted = 'none' | 'all' | 'odd';

/** Rules of a session at some time. */
export interface Expectation {
  readonly wanted: readonly Wanted[];
}

interface Period {
  /** Times of the command that began it and of its answer: nanoseconds of CLOCK_MONOTONIC. */
  readonly from: number;
  readonly answered: number;
  readonly expected: Expectation;
}

/** Rules of a session, from command to command. */
export class CommandHistory {
  readonly #periods: Period[] = [];
  /** Times between which a command dropped recorded events. */
  readonly #cleared: { readonly from: number; readonly to: number }[] = [];

  add(from: number, answered: number, expected: Expectation): void {
    this.#periods.push({ from, answered, expected });
  }

  /** A command dropped the events since `chunkFrom`. */
  addClear(chunkFrom: number, answered: number): void {
    this.#cleared.push({ from: chunkFrom, to: answered });
  }

  /**
   * Whether an event of a thread had to be recorded, must not be recorded, or may be either, because a command was
   * being carried out. Call this in the order of events.
   *
   * A thread checks its rules and then reads the clock. It may wait for a processor in between. So the rules of an
   * event are certain once the thread's event before came after the answer. `next` is the time of the thread's next
   * event.
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

  /** @param at index of the newest possible period of the event @param previous time of the event before */
  #verdictAt(at: number, kind: number, n: number, previous: number): 'recorded' | 'absent' | 'either' {
    const wanted = isWanted(this.#periods[at]?.expected, kind, n);
    // Every command that may still have been carried out has to agree.
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
