import type { FieldClass, FieldScope, StructureFieldClass } from './field-class.ts';
import { contentPlace, elementPlace, memberPlace, optionPlace, scopeOf } from './field-place.ts';

/** A structure around a dependent field. */
export interface Enclosing {
  readonly structure: StructureFieldClass;
  readonly place: string;
  /** Members before the one in which the dependent field lies. */
  readonly countBefore: number;
}

/** A data stream class whose locations lead to more targets is refused: variants within variants multiply them. */
export const TARGETS_MAX = 100_000;
/** Nor may the locations of a data stream class lead past more options of variants. */
export const OPTIONS_PASSED_MAX = 2_000_000;

const EVENT_SCOPES: ReadonlySet<FieldScope> = new Set(['event-record-specific-context', 'event-record-payload']);

export interface Target {
  readonly fieldClass: FieldClass;
  readonly place: string;
  readonly inEvent: boolean;
}

export interface Origin {
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
 * Names are names of members. A path leads through each option of a variant, unless the next name is the name of one
 * option, which chooses it. If the dependent field lies in one of the options, no other can occur. A path leads through
 * an array only for fields within the array: its elements have no name for others.
 *
 * @returns undefined if there is no such field; in CTF 1.8, if there is an option without one
 */
export function descend(
  fieldClass: FieldClass,
  place: string,
  path: readonly string[],
  origin: Origin,
): Target[] | undefined {
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
        // In CTF 2, the data decide whether an option with such a field was selected.
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

/** Infinity if there is none. A structure can have very many members, and each of them may search for another. */
export function indexOfMember(structure: StructureFieldClass, name: string): number {
  let indices = memberIndices.get(structure);
  if (indices === undefined) {
    indices = new Map(structure.members.map((m, index) => [m.name, index]));
    memberIndices.set(structure, indices);
  }
  return indices.get(name) ?? Number.POSITIVE_INFINITY;
}
