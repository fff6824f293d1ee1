import { type HistogramState, LogLinearHistogram } from './log-linear-histogram.ts';

/** Quantiles of up to this number of values are exact. */
export const VALUES_EXACT_MAX = 4096;
/** Quantiles of more values differ from an exact value by at most this part of it. */
export const RELATIVE_ERROR = 1 / 256;

const FIRST_VALUES = 16;

export interface NumberQuantiles {
  readonly count: number;
  /** Exact, also for integers of 64 bits. */
  readonly minimum: number | bigint;
  readonly maximum: number | bigint;
  /** The least value of which at least half of the values are less or equal; 99 of 100 for `p99`. */
  readonly median: number | bigint;
  readonly p99: number | bigint;
  /** Whether the quantiles are exact; otherwise see `RELATIVE_ERROR`. */
  readonly isExact: boolean;
}

export interface NumberSummaryState {
  readonly count: number;
  readonly minimum: number | bigint;
  readonly maximum: number | bigint;
  /** All values, as long as they are few. */
  readonly values: Float64Array | undefined;
  readonly histogram: HistogramState | undefined;
  /** Whether all numbers are whole. */
  readonly isWhole: boolean;
}

/** Summarizes numbers. The first values are kept; more values are counted in a histogram. NaN is left out. */
export class NumberSummary {
  #count = 0;
  #minimum: number | bigint = Number.POSITIVE_INFINITY;
  #maximum: number | bigint = Number.NEGATIVE_INFINITY;
  #values = new Float64Array(FIRST_VALUES);
  #histogram: LogLinearHistogram | undefined;
  #isWhole = true;

  get count(): number {
    return this.#count;
  }

  /** Adds the value of a field, unless it is no number. */
  addField(value: unknown): void {
    if (typeof value === 'number' || typeof value === 'bigint') this.add(value);
  }

  add(value: number | bigint): void {
    if (value < this.#minimum) this.#minimum = value;
    if (value > this.#maximum) this.#maximum = value;
    // NaN is neither.
    else if (!(value <= this.#maximum)) return;
    this.#addRounded(typeof value === 'number' ? value : Number(value));
  }

  #addRounded(value: number): void {
    if (this.#histogram === undefined && this.#count === this.#values.length) this.#makeRoom();
    if (this.#histogram === undefined) this.#values[this.#count] = value;
    else this.#histogram.add(value);
    if (this.#isWhole && !Number.isInteger(value)) this.#isWhole = false;
    this.#count++;
  }

  #makeRoom(): void {
    if (this.#count === VALUES_EXACT_MAX) {
      this.#histogram = this.#histogramOfValues();
      return;
    }
    const values = new Float64Array(2 * this.#count);
    values.set(this.#values);
    this.#values = values;
  }

  /** Moves the values into a histogram. */
  #histogramOfValues(): LogLinearHistogram {
    const histogram = new LogLinearHistogram();
    for (let i = 0; i < this.#count; i++) histogram.add(this.#values[i]!);
    this.#values = new Float64Array(0);
    return histogram;
  }

  state(): NumberSummaryState {
    return {
      count: this.#count,
      minimum: this.#minimum,
      maximum: this.#maximum,
      values: this.#histogram === undefined ? this.#values.subarray(0, this.#count) : undefined,
      histogram: this.#histogram?.state(),
      isWhole: this.#isWhole,
    };
  }

  merge({ count, minimum, maximum, values, histogram, isWhole }: NumberSummaryState): void {
    this.#isWhole &&= isWhole;
    if (minimum < this.#minimum) this.#minimum = minimum;
    if (maximum > this.#maximum) this.#maximum = maximum;
    for (const value of values ?? []) this.#addRounded(value);
    if (histogram === undefined) return;
    this.#histogram ??= this.#histogramOfValues();
    this.#histogram.merge(histogram);
    this.#count += count;
  }

  /** @returns undefined without values */
  quantiles(): NumberQuantiles | undefined {
    const count = this.#count;
    if (count === 0) return undefined;
    const sorted = this.#histogram === undefined ? this.#values.slice(0, count).sort() : undefined;
    const at = (share: number) => {
      const rank = Math.max(1, Math.ceil(share * count));
      return this.#within(sorted === undefined ? this.#middle(rank) : sorted[rank - 1]!);
    };
    return {
      count,
      minimum: this.#minimum,
      maximum: this.#maximum,
      median: at(0.5),
      p99: at(0.99),
      isExact: sorted !== undefined,
    };
  }

  /** Buckets of whole numbers below 256 have one number each. */
  #middle(rank: number): number {
    const middle = this.#histogram!.valueAt(rank);
    return this.#isWhole ? Math.trunc(middle) : middle;
  }

  /** Rounding, and the middle of a bucket, may lead beyond the values. */
  #within(value: number): number | bigint {
    if (value <= this.#minimum) return this.#minimum;
    if (value >= this.#maximum) return this.#maximum;
    return value;
  }
}
