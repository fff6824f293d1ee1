import { RingtailError } from '@ringtail/base';
import type {
  EnumerationFieldClass,
  FieldClass,
  FieldLocation,
  FieldScope,
  IntegerFieldClass,
  StructureFieldClass,
  VariantOption,
} from '../model/field-class.ts';
import type { DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';

/** A location leads to no field, or to one that cannot serve. */
export class LinkError extends RingtailError<'UNRESOLVED' | 'NOT_A_LENGTH' | 'NOT_A_SELECTOR'> {
  override readonly name = 'LinkError';
  readonly location: FieldLocation;

  constructor(code: LinkError['code'], message: string, location: FieldLocation) {
    super(code, message);
    this.location = location;
  }
}

/** How a dependent field finds the value of the field that it depends on. */
export interface Reference {
  readonly slot: number;
  readonly target: IntegerFieldClass | EnumerationFieldClass;
}

/**
 * Which fields other fields depend on, for some scopes of records.
 *
 * Keys are places: the scope and the names down to a field, as `memberPlace`, `elementPlace` and `optionPlace` write them.
 */
export interface Links {
  /** Where decoding a field stores its value for its dependents. */
  readonly targets: ReadonlyMap<string, number>;
  /** What dynamic arrays, BLOBs and variants depend on. */
  readonly references: ReadonlyMap<string, Reference>;
}

export interface DataStreamLinks {
  /** Of packet header, packet context, event record header and common context. */
  readonly common: Links;
  readonly eventRecordClasses: ReadonlyMap<EventRecordClass, Links>;
}

export function memberPlace(place: string, name: string): string {
  return `${place}.${name.replaceAll(/[\\.<[]/g, '\\$&')}`;
}

export function elementPlace(place: string): string {
  return `${place}[]`;
}

export function optionPlace(place: string, name: string): string {
  return `${place}<${name.replaceAll(/[\\.<[]/g, '\\$&')}>`;
}

interface Enclosing {
  readonly structure: StructureFieldClass;
  readonly place: string;
  /** Members before the one in which the dependent field lies. */
  readonly countBefore: number;
}

interface MutableLinks {
  readonly targets: Map<string, number>;
  readonly references: Map<string, Reference>;
}

/**
 * Resolves every field location of a data stream class.
 *
 * @throws {LinkError} for a location without a usable field before it
 */
export function linkDataStreamClass(trace: TraceClass, dataStreamClass: DataStreamClass): DataStreamLinks {
  const common: MutableLinks = { targets: new Map(), references: new Map() };
  const linker = new Linker(common);
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

const EVENT_SCOPES: ReadonlySet<FieldScope> = new Set(['event-record-specific-context', 'event-record-payload']);

class Linker {
  readonly #common: MutableLinks;
  readonly #roots = new Map<FieldScope, StructureFieldClass>();
  #own: MutableLinks;
  #slotCount = 0;

  constructor(common: MutableLinks) {
    this.#common = common;
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
        this.#refer(fieldClass.length, place, enclosing, 'length');
        this.#visit(fieldClass.element, elementPlace(place), enclosing);
        break;
      case 'dynamic-blob':
        this.#refer(fieldClass.length, place, enclosing, 'length');
        break;
      case 'variant':
        this.#refer(fieldClass.selector, place, enclosing, 'selector');
        for (const option of fieldClass.options) {
          this.#visit(option.fieldClass, optionPlace(place, option.name), enclosing);
        }
        break;
      default:
        break;
    }
  }

  #refer(location: FieldLocation, place: string, enclosing: readonly Enclosing[], use: 'length' | 'selector'): void {
    const found = this.#find(location, enclosing);
    const text = location.path.join('.');
    if (found === undefined) throw new LinkError('UNRESOLVED', `there is no field ${text} before ${place}`, location);
    const { fieldClass } = found;
    if (use === 'length' && !(fieldClass.kind === 'integer' && !fieldClass.signed)) {
      throw new LinkError('NOT_A_LENGTH', `${text}, the length of ${place}, is no unsigned integer`, location);
    }
    if (use === 'selector' && fieldClass.kind !== 'enumeration') {
      throw new LinkError('NOT_A_SELECTOR', `${text}, the selector of ${place}, is no enumeration`, location);
    }
    const links = found.inEvent ? this.#own : this.#common;
    let slot = links.targets.get(found.place);
    if (slot === undefined) {
      slot = this.#slotCount++;
      links.targets.set(found.place, slot);
    }
    this.#own.references.set(place, { slot, target: fieldClass as Reference['target'] });
  }

  #find(location: FieldLocation, enclosing: readonly Enclosing[]) {
    if (location.scope !== undefined) {
      const root = this.#roots.get(location.scope);
      const same = enclosing[0]?.place === location.scope ? enclosing[0].countBefore + 1 : Number.POSITIVE_INFINITY;
      return root && descend(root, location.scope, location.path, same);
    }
    for (let i = enclosing.length - 1; i >= 0; i--) {
      const { structure, place, countBefore } = enclosing[i]!;
      const found = descend(structure, place, location.path, countBefore);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Follows names down; the first one must be among the first `countBefore` members. Elements of arrays have no name. */
function descend(root: StructureFieldClass, rootPlace: string, path: readonly string[], countBefore: number) {
  let fieldClass: FieldClass = root;
  let place = rootPlace;
  for (const [depth, name] of path.entries()) {
    while (fieldClass.kind === 'static-array' || fieldClass.kind === 'dynamic-array') {
      fieldClass = fieldClass.element;
      place = elementPlace(place);
    }
    if (fieldClass.kind === 'structure') {
      const index = fieldClass.members.findIndex((m) => m.name === name);
      if (index === -1 || (depth === 0 && index >= countBefore)) return undefined;
      fieldClass = fieldClass.members[index]!.fieldClass;
      place = memberPlace(place, name);
    } else if (fieldClass.kind === 'variant') {
      const option: VariantOption | undefined = fieldClass.options.find((o) => o.name === name);
      if (option === undefined) return undefined;
      fieldClass = option.fieldClass;
      place = optionPlace(place, name);
    } else {
      return undefined;
    }
  }
  const scope = rootPlace.split(/[.<[]/, 1)[0] as FieldScope;
  return { fieldClass, place, inEvent: EVENT_SCOPES.has(scope) };
}
