import type { FieldClass, FieldScope } from './field-class.ts';
import { memberNames, scopeOf } from './field-place.ts';
import type { EventRecordClass } from './trace-class.ts';

/** How a dependent field finds the value of the field that it depends on. */
export interface Reference {
  /** Where that value is stored. */
  readonly slot: number;
  /** The fields that the location leads to: several where it passes through a variant, of which one occurs. */
  readonly targets: readonly FieldClass[];
  /** With several targets: where the index of the target that occurred is stored. */
  readonly targetSlot: number | undefined;
}

/** The value that is stored when a field with dependent fields occurs. */
export interface Store {
  readonly slot: number;
  /** Undefined: the field's value. Otherwise this number, which distinguishes the targets of a reference. */
  readonly index: number | undefined;
}

/**
 * Which fields other fields depend on, for some scopes of records.
 *
 * Keys are places: the scope and the names down to a field, as `memberPlace`, `elementPlace`,
 * `contentPlace` and `optionPlace` write them.
 */
export interface Links {
  /** Values that decoding a field stores for its dependent fields. */
  readonly targets: ReadonlyMap<string, readonly Store[]>;
  /** Fields on which dynamic arrays, BLOBs and variants depend. */
  readonly references: ReadonlyMap<string, Reference>;
}

export interface DataStreamLinks {
  /** Of packet header, packet context, event record header and common context. */
  readonly common: Links;
  readonly eventRecordClasses: ReadonlyMap<EventRecordClass, Links>;
}

/** Places of fields by the slot of their value, and in order. Made once for each `Links`, which may have very many. */
interface TargetTables {
  readonly bySlot: ReadonlyMap<number, readonly string[]>;
  /** Sorted. */
  readonly places: readonly string[];
}

const tables = new WeakMap<Links, TargetTables>();

function tablesOf(links: Links): TargetTables {
  const known = tables.get(links);
  if (known !== undefined) return known;
  const bySlot = new Map<number, string[]>();
  for (const [place, stores] of links.targets) {
    for (const { slot, index } of stores) {
      if (index !== undefined) continue;
      const places = bySlot.get(slot);
      if (places === undefined) bySlot.set(slot, [place]);
      else places.push(place);
    }
  }
  const made = { bySlot, places: [...links.targets.keys()].sort() };
  tables.set(links, made);
  return made;
}

/** The fields whose values are stored in a slot. */
export function placesOfSlot(slot: number, links: Links): readonly string[] {
  return tablesOf(links).bySlot.get(slot) ?? [];
}

/** The stores of the fields in an option of a variant, or in the content of an optional field. */
export function storesWithin(place: string, links: Links): readonly Store[] {
  const { places } = tablesOf(links);
  return ['<', '?'].flatMap((opening) => {
    const prefix = place + opening;
    const found: Store[] = [];
    for (let i = firstFrom(places, prefix); places[i]?.startsWith(prefix); i++) {
      for (const store of links.targets.get(places[i]!)!) found.push(store);
    }
    return found;
  });
}

function firstFrom(sorted: readonly string[], wanted: string): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]! < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The field that the one at `place` depends on: its scope, and the names of the members that lead to it. */
export function targetOf(place: string, links: readonly Links[]): { scope: FieldScope; names: readonly string[] } {
  const { slot } = links.map(({ references }) => references.get(place)).find((found) => found !== undefined)!;
  const target = links.flatMap((some) => placesOfSlot(slot, some))[0]!;
  return { scope: scopeOf(target), names: memberNames(target) };
}
