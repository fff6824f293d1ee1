import { RingtailError } from '@ringtail/base';
import { integerOf } from './class-facts.ts';
import type {
  FieldClass,
  FieldLocation,
  FieldScope,
  OptionalFieldClass,
  StructureFieldClass,
  VariantFieldClass,
} from './field-class.ts';
import { contentPlace, elementPlace, memberPlace, optionPlace } from './field-place.ts';
import {
  descend,
  type Enclosing,
  indexOfMember,
  OPTIONS_PASSED_MAX,
  TARGETS_MAX,
  type Target,
} from './find-targets.ts';
import type { DataStreamLinks, Links, Reference, Store } from './links.ts';
import { selectorProblem } from './selector-problem.ts';
import type { DataStreamClass, EventRecordClass, TraceClass } from './trace-class.ts';

/** A location leads to no field, or to an unsuitable field. */
export class LinkError extends RingtailError<'UNRESOLVED' | 'NOT_A_LENGTH' | 'NOT_A_SELECTOR' | 'TOO_MANY_TARGETS'> {
  override readonly name = 'LinkError';
  readonly location: FieldLocation;

  constructor(code: LinkError['code'], message: string, location: FieldLocation) {
    super(code, message);
    this.location = location;
  }
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
      // A name of the dependent member or of a later one is searched further out.
      if (indexOfMember(structure, path[0]!) < countBefore) {
        const found = descend(structure, place, path, origin);
        if (found !== undefined) return found;
      }
    }
    return [];
  }
}
