import type { PlainValue } from '../fields/field-place.ts';
import { Groups, type GroupsState } from '../groups.ts';
import { type NumberQuantiles, NumberSummary, type NumberSummaryState } from '../numbers/number-summary.ts';
import { type DurationBin, DurationBins } from './duration-bins.ts';

/** A pair of events that took long, with the fields of both. */
export interface SlowPair {
  readonly durationNs: number;
  /** Nanoseconds from the clock's origin. */
  readonly beginNs: bigint;
  /** Fields of the begin, then further fields of the end. */
  readonly fields: readonly (readonly [name: string, value: PlainValue])[];
}

export interface DurationSummaryState {
  readonly durations: NumberSummaryState;
  readonly bins: Float64Array;
  readonly slowest: readonly SlowPair[];
  readonly groups: GroupsState<NumberSummaryState>;
}

/** Durations of the pairs of one group. */
export interface DurationGroup {
  readonly value: PlainValue;
  readonly durations: NumberQuantiles;
}

/** Summarizes the durations of pairs, in nanoseconds. */
export class DurationSummary {
  readonly #slowestMax: number;
  readonly #durations = new NumberSummary();
  readonly #bins = new DurationBins();
  readonly #groups = new Groups<NumberSummaryState, NumberSummary>(() => new NumberSummary());
  /** The slowest first; the earliest first if they are equal. */
  #slowest: SlowPair[] = [];

  constructor(slowestMax: number) {
    this.#slowestMax = slowestMax;
  }

  /** @param pair called only if the pair is among the slowest */
  add(durationNs: number, group: PlainValue | undefined, pair: () => SlowPair): void {
    this.#durations.add(durationNs);
    this.#bins.add(durationNs);
    if (group !== undefined) this.#groups.get(group)?.add(durationNs);
    const last = this.#slowest[this.#slowestMax - 1];
    if (this.#slowestMax > 0 && (last === undefined || durationNs > last.durationNs)) this.#insert([pair()]);
  }

  #insert(pairs: readonly SlowPair[]): void {
    const all = [...this.#slowest, ...pairs];
    all.sort((a, b) => b.durationNs - a.durationNs || Number(a.beginNs - b.beginNs));
    this.#slowest = all.slice(0, this.#slowestMax);
  }

  state(): DurationSummaryState {
    return {
      durations: this.#durations.state(),
      bins: this.#bins.state(),
      slowest: this.#slowest,
      groups: this.#groups.state(),
    };
  }

  merge({ durations, bins, slowest, groups }: DurationSummaryState): void {
    this.#durations.merge(durations);
    this.#bins.merge(bins);
    this.#insert(slowest);
    this.#groups.merge(groups);
  }

  data() {
    return {
      durations: this.#durations.quantiles(),
      bins: this.#bins.bins() as readonly DurationBin[],
      slowest: this.#slowest as readonly SlowPair[],
      groups: this.#groups.map((value, group): DurationGroup => ({ value, durations: group.quantiles()! })),
      ungrouped: this.#groups.ungrouped,
    };
  }
}
