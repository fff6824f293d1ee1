/** Values beyond this number share one entry. */
const VALUES_MAX = 256;

/** Sums of things with one key, and the longest or first of them. */
export interface Grouped<Example> {
  readonly key: string;
  readonly count: number;
  /** Nanoseconds; zero for things without a duration. */
  readonly totalNs: number;
  readonly longestNs: number;
  /** The longest one; the earliest if several are as long. */
  readonly longest: Example;
}

/** Counts things by a key, a bounded number of keys. */
export class GroupedCounts<Example extends { readonly atNs: bigint }> {
  readonly #groups = new Map<string, Grouped<Example>>();

  add(key: string, durationNs: number, example: Example): void {
    this.#add({ key, count: 1, totalNs: durationNs, longestNs: durationNs, longest: example });
  }

  #add(group: Grouped<Example>): void {
    const known = this.#groups.get(group.key);
    if (known === undefined) {
      if (this.#groups.size < VALUES_MAX) this.#groups.set(group.key, group);
      return;
    }
    const isLonger =
      group.longestNs > known.longestNs ||
      (group.longestNs === known.longestNs && group.longest.atNs < known.longest.atNs);
    const { longestNs, longest } = isLonger ? group : known;
    const count = known.count + group.count;
    this.#groups.set(group.key, { ...known, count, totalNs: known.totalNs + group.totalNs, longestNs, longest });
  }

  state(): readonly Grouped<Example>[] {
    return [...this.#groups.values()];
  }

  merge(groups: readonly Grouped<Example>[]): void {
    for (const group of groups) this.#add(group);
  }

  /** The longest first, then the most frequent. */
  data(): readonly Grouped<Example>[] {
    return this.state().toSorted((a, b) => b.longestNs - a.longestNs || b.count - a.count);
  }
}
