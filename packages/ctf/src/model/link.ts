import { RingtailError } from '@ringtail/base';
import { integerOf } from './class-facts.ts';
import { rangesByLabel } from './enumeration.ts';
import type {
  FieldClass,
  FieldLocation,
  FieldScope,
  OptionalFieldClass,
  StructureFieldClass,
  VariantFieldClass,
} from './field-class.ts';
import type { DataStreamClass, EventRecordClass, TraceClass } from './trace-class.ts';

/** A location leads to no field, or to one that cannot serve. */
export class LinkError extends RingtailError<'UNRESOLVED' | 'NOT_A_LENGTH' | 'NOT_A_SELECTOR' | 'TOO_MANY_TARGETS'> {
  override readonly name = 'LinkError';
  readonly location: FieldLocation;

  constructor(code: LinkError['code'], message: string, location: FieldLocation) {
    super(code, message);
    this.location = location;
  }
}

/** How a dependent field finds the value of the field that it depends on. */
export interface Reference {
  /** Where that value is stored. */
  readonly slot: number;
  /** The fields that the location leads to: several where it passes through a variant, of which one occurs. */
  readonly targets: readonly FieldClass[];
  /** With several targets: where the index of the one that occurred is stored. */
  readonly targetSlot: number | undefined;
}

/** What is stored when a field occurs on which others depend. */
export interface Store {
  readonly slot: number;
  /** Undefined: the field's value. Else this number, which tells the field from the others of its reference. */
  readonly index: number | undefined;
}

/**
 * Which fields other fields depend on, for some scopes of records.
 *
 * Keys are places: the scope and the names down to a field, as `memberPlace`, `elementPlace`,
 * `contentPlace` and `optionPlace` write them.
 */
export interface Links {
  /** What decoding a field stores for its dependents. */
  readonly targets: ReadonlyMap<string, readonly Store[]>;
  /** What dynamic arrays, BLOBs and variants depend on. */
  readonly references: ReadonlyMap<string, Reference>;
}

export interface DataStreamLinks {
  /** Of packet header, packet context, event record header and common context. */
  readonly common: Links;
  readonly eventRecordClasses: ReadonlyMap<EventRecordClass, Links>;
}

export function memberPlace(place: string, name: string): string {
  return `${place}.${escaped(name)}`;
}

export function elementPlace(place: string): string {
  return `${place}[]`;
}

/** The place of what an optional field holds. */
export function contentPlace(place: string): string {
  return `${place}?`;
}

/** @param index of the option, which tells options without a name from each other */
export function optionPlace(place: string, name: string, index: number): string {
  return `${place}<${name === '' ? `#${index}` : escaped(name)}>`;
}

function escaped(name: string): string {
  return name.replaceAll(/[\\.<[?#]/g, '\\$&');
}

/**
 * Places of fields by what is stored of them, and in order. Made once for each `Links`, in which there may be very
 * many.
 */
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

/** What is stored of the fields in an option of a variant, or in the content of an optional field. */
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
  const names = [...target.matchAll(OPTION_OR_MEMBER)].flatMap(([, name]) => name?.replaceAll(/\\(.)/g, '$1') ?? []);
  return { scope: scopeOf(target), names };
}

const OPTION_OR_MEMBER = /<(?:\\.|[^\\>])*>|\.((?:\\.|[^\\.<[?#])*)/g;

function scopeOf(place: string): FieldScope {
  return place.split(/[.<[?]/, 1)[0] as FieldScope;
}

interface Enclosing {
  readonly structure: StructureFieldClass;
  readonly place: string;
  /** Members before the one in which the dependent field lies. */
  readonly countBefore: number;
}

interface MutableStore extends Store {
  /** Whether other fields store into this slot too. */
  readonly isShared: boolean;
}

interface MutableLinks {
  readonly targets: Map<string, MutableStore[]>;
  readonly references: Map<string, Reference>;
}

/**
 * Resolves every field location of a data stream class.
 *
 * @throws {LinkError} for a location without a usable field before it
 */
export function linkDataStreamClass(trace: TraceClass, dataStreamClass: DataStreamClass): DataStreamLinks {
  const common: MutableLinks = { targets: new Map(), references: new Map() };
  const linker = new Linker(common, trace.version.major === 2);
  linker.scope('packet-header', trace.packetHeader, common);
  linker.scope('packet-context', dataStreamClass.packetContext, common);
  linker.scope('event-record-header', dataStreamClass.eventRecordHeader, common);
  linker.scope('event-record-common-context', dataStreamClass.eventRecordCommonContext, common);
  const eventRecordClasses = new Map<EventRecordClass, Links>();
  for (const eventRecordClass of dataStreamClass.eventRecordClasses) {
    const own: MutableLinks = { targets: new Map(), references: new Map() };
    linker.scope('event-record-specific-context', eventRecordClass.specificContext, own);
    linker.scope('event-record-payload', eventRecordClass.payload, own);
    linker.forget('event-record-specific-context');
    linker.forget('event-record-payload');
    eventRecordClasses.set(eventRecordClass, own);
  }
  return { common, eventRecordClasses };
}

/** Variants within variants multiply what a location leads to; a data stream class with more than this is refused. */
const TARGETS_MAX = 100_000;
/** Nor may the locations of a data stream class lead past more options of variants. */
const OPTIONS_PASSED_MAX = 2_000_000;

const EVENT_SCOPES: ReadonlySet<FieldScope> = new Set(['event-record-specific-context', 'event-record-payload']);

class Linker {
  readonly #common: MutableLinks;
  readonly #roots = new Map<FieldScope, StructureFieldClass>();
  #own: MutableLinks;
  #slotCount = 0;
  #targetCount = 0;
  readonly #passed = { options: 0 };

  readonly #isCtf2: boolean;

  constructor(common: MutableLinks, isCtf2: boolean) {
    this.#common = common;
    this.#isCtf2 = isCtf2;
    this.#own = common;
  }

  scope(scope: FieldScope, root: StructureFieldClass | undefined, links: MutableLinks): void {
    if (root === undefined) return;
    this.#roots.set(scope, root);
    this.#own = links;
    this.#visit(root, scope, []);
  }

  forget(scope: FieldScope): void {
    this.#roots.delete(scope);
  }

  #visit(fieldClass: FieldClass, place: string, enclosing: readonly Enclosing[]): void {
    switch (fieldClass.kind) {
      case 'structure':
        for (const [index, { name, fieldClass: memberClass }] of fieldClass.members.entries()) {
          const inner = { structure: fieldClass, place, countBefore: index };
          this.#visit(memberClass, memberPlace(place, name), [...enclosing, inner]);
        }
        break;
      case 'static-array':
        this.#visit(fieldClass.element, elementPlace(place), enclosing);
        break;
      case 'dynamic-array':
        this.#refer(fieldClass.length, place, enclosing);
        this.#visit(fieldClass.element, elementPlace(place), enclosing);
        break;
      case 'dynamic-blob':
        this.#refer(fieldClass.length, place, enclosing);
        break;
      case 'optional':
        this.#refer(fieldClass.selector, place, enclosing, fieldClass);
        this.#visit(fieldClass.content, contentPlace(place), enclosing);
        break;
      case 'variant':
        this.#refer(fieldClass.selector, place, enclosing, fieldClass);
        for (const [index, option] of fieldClass.options.entries()) {
          this.#visit(option.fieldClass, optionPlace(place, option.name, index), enclosing);
        }
        break;
      default:
        break;
    }
  }

  #refer(
    location: FieldLocation,
    place: string,
    enclosing: readonly Enclosing[],
    selected?: VariantFieldClass | OptionalFieldClass,
  ): void {
    const targets = this.#find(location, place, enclosing);
    const text = location.path.join('.');
    if (this.#passed.options > OPTIONS_PASSED_MAX) {
      throw new LinkError(
        'TOO_MANY_TARGETS',
        `the way to ${text}, which ${place} depends on, leads past too many options`,
        location,
      );
    }
    if (targets.length === 0) throw new LinkError('UNRESOLVED', `there is no field ${text} before ${place}`, location);
    for (const { fieldClass } of targets) {
      if (selected === undefined && integerOf(fieldClass)?.signed !== false) {
        throw new LinkError('NOT_A_LENGTH', `${text}, the length of ${place}, is no unsigned integer`, location);
      }
      const problem = selected && selectorProblem(selected, fieldClass, targets[0]!.fieldClass);
      if (problem !== undefined) throw new LinkError('NOT_A_SELECTOR', `${place}: ${problem}`, location);
    }
    this.#targetCount += targets.length;
    if (this.#targetCount > TARGETS_MAX) {
      throw new LinkError('TOO_MANY_TARGETS', `${text}, which ${place} depends on, has too many meanings`, location);
    }
    this.#own.references.set(place, this.#referTo(targets));
  }

  #referTo(targets: readonly Target[]): Reference {
    const fieldClasses = targets.map(({ fieldClass }) => fieldClass);
    const [only] = targets;
    if (targets.length === 1) {
      const stores = this.#storesAt(only!);
      let store = stores.find(({ index, isShared }) => index === undefined && !isShared);
      if (store === undefined) {
        store = { slot: this.#slotCount++, index: undefined, isShared: false };
        stores.push(store);
      }
      return { slot: store.slot, targets: fieldClasses, targetSlot: undefined };
    }
    const slot = this.#slotCount++;
    const targetSlot = this.#slotCount++;
    for (const [index, target] of targets.entries()) {
      this.#storesAt(target).push(
        { slot, index: undefined, isShared: true },
        { slot: targetSlot, index, isShared: true },
      );
    }
    return { slot, targets: fieldClasses, targetSlot };
  }

  #storesAt({ place, inEvent }: Target): MutableStore[] {
    const { targets } = inEvent ? this.#own : this.#common;
    let stores = targets.get(place);
    if (stores === undefined) {
      stores = [];
      targets.set(place, stores);
    }
    return stores;
  }

  #find(location: FieldLocation, dependent: string, enclosing: readonly Enclosing[]): readonly Target[] {
    const { scope, path } = location;
    const origin = { dependent, enclosing, namesOptions: !this.#isCtf2, passed: this.#passed };
    if (scope !== undefined) {
      const root = this.#roots.get(scope);
      return root === undefined ? [] : (descend(root, scope, path, origin) ?? []);
    }
    if (this.#isCtf2 || location.outer !== undefined) {
      const from = enclosing[enclosing.length - 1 - (location.outer ?? 0)];
      return from === undefined ? [] : (descend(from.structure, from.place, path, origin) ?? []);
    }
    for (let i = enclosing.length - 1; i >= 0; i--) {
      const { structure, place, countBefore } = enclosing[i]!;
      // What begins with the member that holds the dependent field is looked for further out.
      if (indexOfMember(structure, path[0]!) < countBefore) {
        const found = descend(structure, place, path, origin);
        if (found !== undefined) return found;
      }
    }
    return [];
  }
}

/**
 * Why a field cannot be the selector of a variant or of an optional field.
 *
 * @param first of the fields that the selector's location leads to: all of them are of one sort
 */
export function selectorProblem(
  selected: VariantFieldClass | OptionalFieldClass,
  fieldClass: FieldClass,
  first: FieldClass = fieldClass,
): string | undefined {
  const name = selected.selector.path.join('.');
  const ranges = selected.kind === 'optional' ? selected.ranges : selected.options[0]?.ranges;
  if (ranges !== undefined) {
    const signed = integerOf(fieldClass)?.signed;
    if (signed === undefined) return `the selector ${name} is no integer`;
    return signed === integerOf(first)?.signed ? undefined : `the selector ${name} is not always of one sign`;
  }
  if (selected.kind === 'optional') {
    return fieldClass.kind === 'boolean' ? undefined : `the selector ${name} is no boolean, and there are no ranges`;
  }
  const { options } = selected;
  if (fieldClass.kind !== 'enumeration') return `the selector ${name} is no enumeration`;
  const labels = rangesByLabel(fieldClass);
  const unselectable = options.find((o) => !labels.has(o.name));
  return unselectable && `the selector ${name} has no label for the option ${unselectable.name}`;
}

interface Target {
  readonly fieldClass: FieldClass;
  readonly place: string;
  readonly inEvent: boolean;
}

interface Origin {
  /** Place of the field for which a location is resolved. */
  readonly dependent: string;
  readonly enclosing: readonly Enclosing[];
  /** CTF 1.8: a path may name an option of a variant. */
  readonly namesOptions: boolean;
  /** How many options of variants locations led past. */
  readonly passed: { options: number };
}

/**
 * Follows names down to all fields that a location may mean.
 *
 * Names are those of members. A variant is passed through into each of its options, unless the next name is that of one
 * option, which chooses it; if the dependent field lies in one of the options, no other can occur. An array is
 * only passed through by fields within it: to others, its elements have no name.
 *
 * @returns undefined if there is no such field; in CTF 1.8, if there is an option without one
 */
function descend(fieldClass: FieldClass, place: string, path: readonly string[], origin: Origin): Target[] | undefined {
  switch (fieldClass.kind) {
    case 'structure': {
      const [name, ...rest] = path;
      const index = name === undefined ? Number.POSITIVE_INFINITY : indexOfMember(fieldClass, name);
      const own = origin.enclosing.find((e) => e.place === place)?.countBefore ?? Number.POSITIVE_INFINITY;
      if (index >= fieldClass.members.length || index > own) return undefined;
      return descend(fieldClass.members[index]!.fieldClass, memberPlace(place, name!), rest, origin);
    }
    case 'static-array':
    case 'dynamic-array': {
      const inner = elementPlace(place);
      return origin.dependent.startsWith(inner) ? descend(fieldClass.element, inner, path, origin) : undefined;
    }
    case 'optional':
      if (origin.dependent === place) return undefined;
      return descend(fieldClass.content, contentPlace(place), path, origin);
    case 'variant': {
      if (origin.dependent === place || fieldClass.options.length === 0) return undefined;
      origin.passed.options += fieldClass.options.length;
      if (origin.passed.options > OPTIONS_PASSED_MAX) return undefined;
      const options = fieldClass.options.map((o, index) => ({ ...o, place: optionPlace(place, o.name, index) }));
      const [name, ...rest] = path;
      const chosen = origin.namesOptions ? options.find((o) => o.name === name) : undefined;
      if (chosen !== undefined) return descend(chosen.fieldClass, chosen.place, rest, origin);
      const around = options.filter((o) => origin.dependent.startsWith(o.place));
      const targets: Target[] = [];
      for (const option of around.length > 0 ? around : options) {
        const found = descend(option.fieldClass, option.place, path, origin);
        if (targets.length > TARGETS_MAX) return undefined;
        if (found !== undefined) for (const target of found) targets.push(target);
        // CTF 2 leaves it to the data whether an option with such a field was selected.
        else if (origin.namesOptions) return undefined;
      }
      return targets.length > 0 ? targets : undefined;
    }
    default: {
      if (path.length > 0) return undefined;
      return [{ fieldClass, place, inEvent: EVENT_SCOPES.has(scopeOf(place)) }];
    }
  }
}

const memberIndices = new WeakMap<StructureFieldClass, ReadonlyMap<string, number>>();

export function hasMember(structure: StructureFieldClass, name: string | undefined): boolean {
  return name !== undefined && indexOfMember(structure, name) < structure.members.length;
}

/** Infinity if there is none. Structures can have very many members, and each of them may look for another. */
export function indexOfMember(structure: StructureFieldClass, name: string): number {
  let indices = memberIndices.get(structure);
  if (indices === undefined) {
    indices = new Map(structure.members.map((m, index) => [m.name, index]));
    memberIndices.set(structure, indices);
  }
  return indices.get(name) ?? Number.POSITIVE_INFINITY;
}
