import {
  CONTROL_COUNTER_COUNT,
  CONTROL_KEY_COUNTERS_FROM,
  CONTROL_SLOT_COUNT,
  type CounterKey,
  expandKeyTemplate,
} from '@ringtail/protocol';
import type { ControlFile } from './control-file.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';

/** Keys of maps beyond this are cut; a daemon takes no longer ones. */
const KEY_LENGTH_MAX = 512;

/** A counter of this thread that a daemon reads. */
export interface Counter {
  readonly f64: Float64Array;
  readonly index: number;
}

/** What is numbered by the thread itself. */
interface Keys {
  /** By map and key. */
  readonly numbered: Map<string, { readonly index: number; users: number }>;
  /** Those without a user, which may come again; the first to go first. */
  readonly idle: Set<string>;
  next: number;
}

/** Where this thread counts for its daemons: which of the control file's counters stand for what. */
export class CounterSpace {
  readonly #control: ControlFile;
  /** By slot. */
  readonly #keys: Keys[];

  constructor(control: ControlFile) {
    this.#control = control;
    this.#keys = Array.from({ length: CONTROL_SLOT_COUNT }, (_, slot) => unused(slot));
  }

  /**
   * The counter of that number, if it is one of the slot's.
   *
   * @throws {PosixError} where the counters cannot be mapped
   */
  at(slot: number, index: number): Counter | undefined {
    const isOfSlot = Number.isInteger(index) && index >= 0 && index < CONTROL_COUNTER_COUNT;
    if (!isOfSlot || index % CONTROL_SLOT_COUNT !== slot) return undefined;
    return { f64: this.#control.counters, index };
  }

  /**
   * What a trigger counts an event of that name with. A key that is new is announced to the daemon.
   *
   * @param held what the trigger has, to which this is added: to be given back when it is gone
   * @returns undefined if the slot's counters for keys are all taken, or the daemon named one that is not the slot's
   * @throws {PosixError} where the counters cannot be mapped
   */
  counterFor(link: DaemonLink, key: CounterKey, eventName: string, held: Set<string>): Counter | undefined {
    if ('index' in key) return this.at(link.slot, key.index);
    const f64 = this.#control.counters;
    const text = keyOf(key.template, eventName);
    const name = `${key.map}:${text}`;
    const keys = this.#keys[link.slot] as Keys;
    let counter = keys.numbered.get(name);
    if (counter === undefined) {
      const index = takeNumber(keys);
      if (index === undefined) return undefined;
      counter = { index, users: 0 };
      keys.numbered.set(name, counter);
      link.send({ type: 'counters', counters: [{ index, map: key.map, key: text, start: f64[index] as number }] });
    }
    if (!held.has(name)) {
      held.add(name);
      counter.users += 1;
      keys.idle.delete(name);
    }
    return { f64, index: counter.index };
  }

  /** The trigger that has these is gone: others may have them where there are no more. */
  giveBack(slot: number, held: ReadonlySet<string>): void {
    const { numbered, idle } = this.#keys[slot] as Keys;
    for (const name of held) {
      const counter = numbered.get(name);
      if (counter === undefined) continue;
      counter.users -= 1;
      if (counter.users === 0) idle.add(name);
    }
  }

  /** The daemon of the slot is gone: its successor does not know what was announced. */
  forget(slot: number): void {
    this.#keys[slot] = unused(slot);
  }
}

function unused(slot: number): Keys {
  return { numbered: new Map(), idle: new Set(), next: CONTROL_KEY_COUNTERS_FROM + slot };
}

/** One that was never used, else the one that has been idle for the longest time. */
function takeNumber(keys: Keys): number | undefined {
  const fresh = keys.next;
  if (fresh < CONTROL_COUNTER_COUNT) {
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

/** The key under which an event of that name is counted. */
export function keyOf(template: string, eventName: string): string {
  return expandKeyTemplate(template, eventName).slice(0, KEY_LENGTH_MAX);
}
