/** Each power of two is divided into this number of buckets of equal width. */
const BUCKETS = 128;
const BUCKET_BITS = 7;
/** Bits of a floating point number's high word behind its sign and exponent. */
const HIGH_FRACTION_BITS = 20;
/** Highest number of a page with positive numbers: pages are numbered by sign and exponent. */
const PAGES = 4096;
const NEGATIVE = 2048;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Counts by page. */
export type HistogramState = readonly (readonly [page: number, counts: Float64Array])[];

/**
 * Counts floating point numbers in buckets whose width is 1/128 of their lower bound or less. So the middle of a bucket
 * differs from each of its numbers by at most 1/256 (0.4 %).
 *
 * A page with the buckets of a power of two takes 1 KiB, and exists once it is needed: integers of 64 bits need at most
 * 64 pages. States merge by addition, so the result does not depend on the order.
 *
 * @see HdrHistogram, whose buckets these are without bounds
 */
export class LogLinearHistogram {
  readonly #pages = new Array<Float64Array | undefined>(PAGES);

  add(value: number, count = 1): void {
    double[0] = value;
    const high = words[HIGH]!;
    const counts = this.#countsOf(high >>> HIGH_FRACTION_BITS);
    counts[(high >>> (HIGH_FRACTION_BITS - BUCKET_BITS)) & (BUCKETS - 1)]! += count;
  }

  #countsOf(page: number): Float64Array {
    const known = this.#pages[page];
    if (known !== undefined) return known;
    const counts = new Float64Array(BUCKETS);
    this.#pages[page] = counts;
    return counts;
  }

  /** The middle of the bucket of the value with this rank; the least value has rank 1. */
  valueAt(rank: number): number {
    let seen = 0;
    for (const [value, count] of this.#ascending()) {
      seen += count;
      if (seen >= rank) return value;
    }
    return Number.NaN;
  }

  state(): HistogramState {
    return this.#pages.flatMap((counts, page) => (counts === undefined ? [] : [[page, counts] as const]));
  }

  merge(state: HistogramState): void {
    for (const [page, counts] of state) {
      const own = this.#countsOf(page);
      for (let bucket = 0; bucket < BUCKETS; bucket++) own[bucket]! += counts[bucket]!;
    }
  }

  /** Middles and counts of the buckets, from the least number to the largest. */
  *#ascending(): Generator<readonly [value: number, count: number]> {
    for (let page = PAGES - 1; page >= NEGATIVE; page--) {
      for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) yield* this.#bucket(page, bucket);
    }
    for (let page = 0; page < NEGATIVE; page++) {
      for (let bucket = 0; bucket < BUCKETS; bucket++) yield* this.#bucket(page, bucket);
    }
  }

  *#bucket(page: number, bucket: number): Generator<readonly [value: number, count: number]> {
    const count = this.#pages[page]?.[bucket] ?? 0;
    if (count > 0) yield [middleOf(page, bucket), count];
  }
}

function middleOf(page: number, bucket: number): number {
  // The first bucket of the smallest numbers holds zero.
  if (bucket === 0 && page % NEGATIVE === 0) return 0;
  if (page % NEGATIVE === NEGATIVE - 1) return page < NEGATIVE ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  words[1 - HIGH] = 0;
  const half = 1 << (HIGH_FRACTION_BITS - BUCKET_BITS - 1);
  words[HIGH] = (page << HIGH_FRACTION_BITS) | (bucket << (HIGH_FRACTION_BITS - BUCKET_BITS)) | half;
  return double[0]!;
}
