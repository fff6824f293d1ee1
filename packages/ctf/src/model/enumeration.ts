import type { EnumerationFieldClass, EnumerationMapping } from './field-class.ts';

/** Finds the labels of values. Metadata may have very many ranges and data very many values. */
class LabelSearch {
  /** By where their ranges begin. */
  readonly #mappings: readonly (EnumerationMapping & { readonly rank: number })[];
  /** The highest value of all ranges of the part that is searched from this place: see `#collect`. */
  readonly #highest: bigint[];

  constructor({ mappings }: EnumerationFieldClass) {
    this.#mappings = mappings
      .map((mapping, rank) => ({ ...mapping, rank }))
      .sort((a, b) => (a.lower < b.lower ? -1 : a.lower > b.lower ? 1 : 0));
    this.#highest = new Array(mappings.length);
    this.#fill(0, mappings.length);
  }

  /** Each label once, in the order of the metadata. */
  labelsOf(value: number | bigint): readonly string[] {
    const found: { readonly label: string; readonly rank: number }[] = [];
    this.#collect(0, this.#mappings.length, value, found);
    if (found.length < 2) return found.map(({ label }) => label);
    return [...new Set(found.sort((a, b) => a.rank - b.rank).map(({ label }) => label))];
  }

  #fill(from: number, to: number): bigint | undefined {
    if (from === to) return undefined;
    const middle = (from + to) >>> 1;
    let highest = this.#mappings[middle]!.upper;
    for (const part of [this.#fill(from, middle), this.#fill(middle + 1, to)]) {
      if (part !== undefined && part > highest) highest = part;
    }
    this.#highest[middle] = highest;
    return highest;
  }

  /**
   * Goes through a part of the mappings as through a tree, whose root is in the middle. A bigint compares with a
   * number by value.
   */
  #collect(from: number, to: number, value: number | bigint, found: { label: string; rank: number }[]): void {
    if (from === to) return;
    const middle = (from + to) >>> 1;
    if (this.#highest[middle]! < value) return;
    this.#collect(from, middle, value, found);
    const { lower, upper, label, rank } = this.#mappings[middle]!;
    if (lower > value) return;
    if (upper >= value) found.push({ label, rank });
    this.#collect(middle + 1, to, value, found);
  }
}

/** By mappings, which the copies of a class for several scopes have in common. */
const searches = new WeakMap<EnumerationFieldClass['mappings'], LabelSearch>();

/** The labels of an enumeration whose ranges contain `value`, each once, in the order of the metadata. */
export function enumerationLabels(fieldClass: EnumerationFieldClass, value: number | bigint): readonly string[] {
  let search = searches.get(fieldClass.mappings);
  if (search === undefined) {
    search = new LabelSearch(fieldClass);
    searches.set(fieldClass.mappings, search);
  }
  return search.labelsOf(value);
}

const byLabel = new WeakMap<EnumerationFieldClass['mappings'], ReadonlyMap<string, readonly EnumerationMapping[]>>();

/** The ranges of each label, in the order of the metadata. Made once: many variants may have one selector. */
export function rangesByLabel(fieldClass: EnumerationFieldClass): ReadonlyMap<string, readonly EnumerationMapping[]> {
  const known = byLabel.get(fieldClass.mappings);
  if (known !== undefined) return known;
  const ranges = new Map<string, EnumerationMapping[]>();
  for (const mapping of fieldClass.mappings) {
    const ofLabel = ranges.get(mapping.label);
    if (ofLabel === undefined) ranges.set(mapping.label, [mapping]);
    else ofLabel.push(mapping);
  }
  byLabel.set(fieldClass.mappings, ranges);
  return ranges;
}
