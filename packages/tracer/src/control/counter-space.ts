import {
  CONTROL_COUNTER_COUNT,
  CONTROL_KEY_COUNTERS_FROM,
  CONTROL_SLOT_COUNT,
  CONTROL_WRONG_COUNTERS_FROM,
  expandKeyTemplate,
  type MapKey,
} from '@ringtail/protocol';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { CountedOnce, Counter } from '../recorder/recorder-plan.ts';
import type { ControlFile } from './control-file.ts';

/** Longer keys of maps are cut: a daemon accepts none of them. */
const KEY_LENGTH_MAX = 512;

/** A counter of a key, with the number of triggers that use it. */
interface KeyCounter extends CountedOnce {
  users: number;
}

/** The counters of one slot that the thread itself gives to keys of maps. */
interface Keys {
  /** By scope and key. */
  readonly numbered: Map<string, KeyCounter>;
  /**
   * Keys without a user, which may be used again. The one that is idle longest is first, and the first to lose its
   * counter.
   */
  readonly idle: Set<string>;
  next: number;
}

/** Counters of one slot that the thread itself gives to fields with wrong values. */
interface FieldCounters {
  next: number;
  readonly free: number[];
}

/** A counter that the thread gives to a field. */
export interface FieldCounter {
  readonly f64: Float64Array;
  readonly index: number;
  /** Releases the counter, which may be given to another field. */
  giveBack(): void;
}

/** The counters of the control file, which this thread increments and its daemons read. */
export class CounterSpace {
  readonly #control: ControlFile;
  /** By slot. */
  readonly #keys: Keys[];
  /** By slot. */
  readonly #fields: FieldCounters[];

  constructor(control: ControlFile) {
    this.#control = control;
    this.#keys = Array.from({ length: CONTROL_SLOT_COUNT }, (_, slot) => unused(slot));
    this.#fields = Array.from({ length: CONTROL_SLOT_COUNT }, (_, slot) => unusedFields(slot));
  }

  /**
   * The counter with this index, if it belongs to the slot.
   *
   * @throws {PosixError} where the counters cannot be mapped
   */
  at(slot: number, index: number): Counter | undefined {
    const isOfSlot = Number.isInteger(index) && index >= 0 && index < CONTROL_COUNTER_COUNT;
    if (!isOfSlot || index % CONTROL_SLOT_COUNT !== slot) return undefined;
    return { f64: this.#control.counters, index };
  }

  /**
   * The counter of the key that an event of this name has in a map. A new key is announced to the daemon.
   *
   * @param held keys of the trigger, to which this one is added; the trigger releases them when it is removed
   * @returns undefined if all counters of the slot are in use
   * @throws {PosixError} where the counters cannot be mapped
   */
  counterFor(link: DaemonLink, { group, scope, template }: MapKey, eventName: string, held: Set<string>) {
    const f64 = this.#control.counters;
    const key = expandKeyTemplate(template, eventName).slice(0, KEY_LENGTH_MAX);
    const name = `${scope}:${key}`;
    const keys = this.#keys[link.slot] as Keys;
    let counter = keys.numbered.get(name);
    if (counter === undefined) {
      const index = takeNumber(keys);
      if (index === undefined) return undefined;
      counter = { f64, index, counted: false, users: 0 };
      keys.numbered.set(name, counter);
      link.send({ type: 'counters', counters: [{ index, group, key, start: f64[index] as number }] });
    }
    if (!held.has(name)) {
      held.add(name);
      counter.users += 1;
      keys.idle.delete(name);
    }
    return counter;
  }

  /** Releases the keys of a trigger that was removed. Their counters are used again once there are no others. */
  giveBack(slot: number, held: ReadonlySet<string>): void {
    const { numbered, idle } = this.#keys[slot] as Keys;
    for (const name of held) {
      const counter = numbered.get(name);
      if (counter === undefined) continue;
      counter.users -= 1;
      if (counter.users === 0) idle.add(name);
    }
  }

  /**
   * A counter of wrong values for a field.
   *
   * @returns undefined if all counters of the slot are in use
   * @throws {PosixError} where the counters cannot be mapped
   */
  takeForField(slot: number): FieldCounter | undefined {
    const fields = this.#fields[slot] as FieldCounters;
    const f64 = this.#control.counters;
    let index = fields.free.pop();
    if (index === undefined) {
      if (fields.next >= CONTROL_COUNTER_COUNT) return undefined;
      index = fields.next;
      fields.next += CONTROL_SLOT_COUNT;
    }
    const taken = index;
    return { f64, index, giveBack: () => fields.free.push(taken) };
  }

  /** Forgets the keys and fields of a daemon that is gone: they were not announced to its successor. */
  forget(slot: number): void {
    this.#keys[slot] = unused(slot);
    this.#fields[slot] = unusedFields(slot);
  }
}

function unused(slot: number): Keys {
  return { numbered: new Map(), idle: new Set(), next: CONTROL_KEY_COUNTERS_FROM + slot };
}

function unusedFields(slot: number): FieldCounters {
  return { next: CONTROL_WRONG_COUNTERS_FROM + slot, free: [] };
}

/** An index that was never used, else the one that has been idle for the longest time. */
function takeNumber(keys: Keys): number | undefined {
  const fresh = keys.next;
  if (fresh < CONTROL_WRONG_COUNTERS_FROM) {
    keys.next += CONTROL_SLOT_COUNT;
    return fresh;
  }
  for (const former of keys.idle) {
    const index = keys.numbered.get(former)?.index;
    keys.idle.delete(former);
    keys.numbered.delete(former);
    return index;
  }
  return undefined;
}
