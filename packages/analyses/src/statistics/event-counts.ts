import { type Instant, isBefore, nanosecondsOf } from '@ringtail/base';
import type { DisplayBase, EventView } from '@ringtail/ctf';
import { type NumberQuantiles, NumberSummary, type NumberSummaryState } from '../numbers/number-summary.ts';

export interface EventCountsState {
  readonly count: number;
  readonly bytes: number;
  readonly first: Instant | undefined;
  readonly last: Instant | undefined;
  readonly fields: readonly { readonly name: string; readonly base: DisplayBase; readonly state: NumberSummaryState }[];
}

/** A numeric field of the payload; members of structures are `a.b`. */
export interface FieldStatistics extends NumberQuantiles {
  readonly name: string;
  /** In which the metadata wants the numbers to be displayed. */
  readonly base: DisplayBase;
}

export interface CountedEvents {
  readonly count: number;
  /** Size of the event records in bytes, headers and contexts included. */
  readonly bytes: number;
  /** Times of the first and last event, in nanoseconds from the clock's origin; undefined without a clock. */
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  readonly fields: readonly FieldStatistics[];
}

/** Counts events, and summarizes the numbers in them. */
export class EventCounts {
  #count = 0;
  #bytes = 0;
  #first: Instant | undefined;
  #lastSeconds = Number.NEGATIVE_INFINITY;
  #lastNanoseconds = 0;
  readonly #fields = new Map<string, { readonly base: DisplayBase; readonly numbers: NumberSummary }>();

  get count(): number {
    return this.#count;
  }

  /** Counts an event without a time. */
  note(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }

  noteTime({ seconds, nanoseconds }: EventView): void {
    if (seconds > this.#lastSeconds || (seconds === this.#lastSeconds && nanoseconds > this.#lastNanoseconds)) {
      this.#lastSeconds = seconds;
      this.#lastNanoseconds = nanoseconds;
    }
    this.#first ??= { seconds, nanoseconds };
  }

  /** The numbers of a field. */
  numbers(name: string, base: DisplayBase): NumberSummary {
    let field = this.#fields.get(name);
    if (field === undefined) {
      field = { base, numbers: new NumberSummary() };
      this.#fields.set(name, field);
    }
    return field.numbers;
  }

  get #last(): Instant | undefined {
    if (this.#first === undefined) return undefined;
    return { seconds: this.#lastSeconds, nanoseconds: this.#lastNanoseconds };
  }

  state(): EventCountsState {
    return {
      count: this.#count,
      bytes: this.#bytes,
      first: this.#first,
      last: this.#last,
      fields: [...this.#fields].map(([name, { base, numbers }]) => ({ name, base, state: numbers.state() })),
    };
  }

  merge({ count, bytes, first, last, fields }: EventCountsState): void {
    this.#count += count;
    this.#bytes += bytes;
    if (first !== undefined && (this.#first === undefined || isBefore(first, this.#first))) this.#first = first;
    const own = { seconds: this.#lastSeconds, nanoseconds: this.#lastNanoseconds };
    if (last !== undefined && isBefore(own, last)) {
      this.#lastSeconds = last.seconds;
      this.#lastNanoseconds = last.nanoseconds;
    }
    for (const { name, base, state } of fields) this.numbers(name, base).merge(state);
  }

  data(): CountedEvents {
    return {
      count: this.#count,
      bytes: Math.ceil(this.#bytes),
      firstNs: this.#first && nanosecondsOf(this.#first),
      lastNs: this.#last && nanosecondsOf(this.#last),
      fields: [...this.#fields].flatMap(([name, { base, numbers }]) => {
        const quantiles = numbers.quantiles();
        return quantiles === undefined ? [] : [{ name, base, ...quantiles }];
      }),
    };
  }
}
