/** Lower bounds of the bins in nanoseconds: 0, then 1, 2 and 5 times the powers of ten. */
const BOUNDS = [0, ...Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat()];

/** Counts of durations in a bin; a bin includes its lower bound. */
export interface DurationBin {
  readonly fromNs: number;
  readonly toNs: number;
  readonly count: number;
}

export class DurationBins {
  readonly #counts = new Float64Array(BOUNDS.length);

  add(ns: number): void {
    let low = 0;
    let high = BOUNDS.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (BOUNDS[middle]! <= ns) low = middle;
      else high = middle;
    }
    this.#counts[low]!++;
  }

  state(): Float64Array {
    return this.#counts;
  }

  merge(counts: Float64Array): void {
    for (const [bin, count] of counts.entries()) this.#counts[bin]! += count;
  }

  /** From the first bin with durations to the last. */
  bins(): DurationBin[] {
    const bins = BOUNDS.map((fromNs, i) => ({
      fromNs,
      toNs: BOUNDS[i + 1] ?? Number.POSITIVE_INFINITY,
      count: this.#counts[i]!,
    }));
    const isFilled = ({ count }: DurationBin) => count > 0;
    return bins.slice(Math.max(0, bins.findIndex(isFilled)), bins.findLastIndex(isFilled) + 1);
  }
}
