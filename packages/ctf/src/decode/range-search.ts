/** A range of values, both ends included, and its meaning. */
export interface MeaningfulRange {
  readonly lower: bigint;
  readonly upper: bigint;
  /** Not negative. */
  readonly meaning: number;
}

/**
 * Builds a search for the meaning of a value: the meaning of the first range that contains it, or -1.
 *
 * Metadata may have very many ranges and data very many values, so the search does not visit all ranges.
 */
export function rangeSearch(ranges: readonly MeaningfulRange[]): (value: number | bigint) => number {
  const ends = ranges.flatMap(({ lower, upper }) => [lower, upper + 1n]);
  // From each bound to the next, all values have one meaning.
  const bounds = [...new Set(ends)].sort((a, b) => (a < b ? -1 : 1));
  const places = new Map(bounds.map((bound, i) => [bound, i]));
  const meanings = new Int32Array(bounds.length).fill(-1);
  // The next place from here on that has no meaning yet; shortened while it is followed.
  const free = Int32Array.from({ length: bounds.length + 1 }, (_, i) => i);
  const nextFree = (from: number): number => {
    let at = from;
    while (free[at] !== at) {
      free[at] = free[free[at]!]!;
      at = free[at]!;
    }
    return at;
  };
  for (const { lower, upper, meaning } of ranges) {
    const end = places.get(upper + 1n)!;
    for (let at = nextFree(places.get(lower)!); at < end; at = nextFree(at)) {
      meanings[at] = meaning;
      free[at] = at + 1;
    }
  }
  return (value) => {
    let from = 0;
    let to = bounds.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (bounds[middle]! <= value) from = middle + 1;
      else to = middle;
    }
    return from === 0 ? -1 : meanings[from - 1]!;
  };
}
