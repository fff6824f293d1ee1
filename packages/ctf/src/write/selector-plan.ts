import { rangesByLabel } from '../model/enumeration.ts';
import type {
  EnumerationFieldClass,
  EnumerationMapping,
  FieldClass,
  IntegerRange,
  OptionalFieldClass,
  StructureFieldClass,
  VariantFieldClass,
} from '../model/field-class.ts';
import { contentPlace, elementPlace, memberPlace, optionPlace } from '../model/field-place.ts';
import { type Links, placesOfSlot, type Reference } from '../model/links.ts';

/**
 * A plan for fields that are selected by values, as in CTF 2, so that they can be selected by labels, as in CTF 1.8:
 * the names of the options, and the labels that the selectors lack.
 */
export class SelectorPlan {
  /** Names of the options of each optional and variant field, by place. */
  readonly names = new Map<string, readonly string[]>();
  /** Labels that a selector needs, by place. */
  readonly mappings = new Map<string, EnumerationMapping[]>();

  /** @param links links of the scope, then of earlier scopes */
  addScope(root: StructureFieldClass | undefined, scope: string, links: readonly Links[]): void {
    if (root !== undefined) this.#visit(root, scope, links);
  }

  #visit(fieldClass: FieldClass, place: string, links: readonly Links[]): void {
    switch (fieldClass.kind) {
      case 'structure':
        for (const m of fieldClass.members) this.#visit(m.fieldClass, memberPlace(place, m.name), links);
        break;
      case 'static-array':
      case 'dynamic-array':
        this.#visit(fieldClass.element, elementPlace(place), links);
        break;
      case 'optional':
        this.#select(place, links, optionsOfOptional(fieldClass));
        this.#visit(fieldClass.content, contentPlace(place), links);
        break;
      case 'variant':
        this.#select(place, links, optionsOfVariant(fieldClass));
        for (const [i, o] of fieldClass.options.entries()) {
          this.#visit(o.fieldClass, optionPlace(place, o.name, i), links);
        }
        break;
      default:
        break;
    }
  }

  #select(place: string, links: readonly Links[], options: readonly SelectedOption[]): void {
    const reference = links.map(({ references }) => references.get(place)).find((found) => found !== undefined)!;
    const names = options.map(({ name, ranges }) => labelFor(reference, ranges) ?? name);
    this.names.set(place, names);
    for (const target of placesOf(reference, links)) {
      const mappings = this.mappings.get(target) ?? [];
      const labels = new Set(mappings.map(({ label }) => label));
      for (const [i, { ranges }] of options.entries()) {
        const label = names[i]!;
        if (ranges === undefined || labelFor(reference, ranges) === label) continue;
        if (labels.has(label)) continue;
        labels.add(label);
        mappings.push(...ranges.map(({ lower, upper }) => ({ label, lower, upper })));
      }
      this.mappings.set(target, mappings);
    }
  }
}

interface SelectedOption {
  readonly name: string;
  /** Undefined where the name is a label already. */
  readonly ranges: readonly IntegerRange[] | undefined;
}

function optionsOfVariant({ options }: VariantFieldClass): SelectedOption[] {
  return options.map(({ name, ranges }, i) => ({ name: ranges === undefined ? name : optionName(name, i), ranges }));
}

function optionName(name: string, index: number): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `_${name}` : `_option_${index}`;
}

/** Nothing, and the content. */
function optionsOfOptional({ ranges = NOT_ZERO }: OptionalFieldClass): SelectedOption[] {
  return [
    { name: '_none', ranges: complement(ranges) },
    { name: '_some', ranges },
  ];
}

const LEAST = -(1n << 63n);
const MOST = (1n << 64n) - 1n;
const NOT_ZERO: readonly IntegerRange[] = [
  { lower: LEAST, upper: -1n },
  { lower: 1n, upper: MOST },
];

/** All values that are in none of the ranges. */
function complement(ranges: readonly IntegerRange[]): IntegerRange[] {
  const sorted = ranges.toSorted((a, b) => (a.lower < b.lower ? -1 : 1));
  const rest: IntegerRange[] = [];
  let from = LEAST;
  for (const { lower, upper } of sorted) {
    if (lower > from) rest.push({ lower: from, upper: lower - 1n });
    if (upper >= from) from = upper + 1n;
  }
  if (from <= MOST) rest.push({ lower: from, upper: MOST });
  return rest;
}

/** The label of the selector that stands for just these values. */
function labelFor({ targets }: Reference, ranges: readonly IntegerRange[] | undefined): string | undefined {
  const [target] = targets;
  if (ranges === undefined || targets.length !== 1 || target?.kind !== 'enumeration') return undefined;
  return labelsByRanges(target).get(textOf(ranges));
}

const labels = new WeakMap<EnumerationFieldClass['mappings'], ReadonlyMap<string, string>>();

/** The first label for each set of ranges. */
function labelsByRanges(fieldClass: EnumerationFieldClass): ReadonlyMap<string, string> {
  const known = labels.get(fieldClass.mappings);
  if (known !== undefined) return known;
  const byRanges = new Map<string, string>();
  for (const [label, ranges] of rangesByLabel(fieldClass)) {
    const text = textOf(ranges);
    if (!byRanges.has(text)) byRanges.set(text, label);
  }
  labels.set(fieldClass.mappings, byRanges);
  return byRanges;
}

function textOf(ranges: readonly IntegerRange[]): string {
  return ranges
    .map(({ lower, upper }) => `${lower}/${upper}`)
    .sort()
    .join();
}

function placesOf({ slot }: Reference, links: readonly Links[]): readonly string[] {
  return links.flatMap((some) => placesOfSlot(slot, some));
}
