import {
  CONTROL_COUNTER_COUNT,
  CONTROL_KEY_COUNTERS_FROM,
  CONTROL_SLOT_COUNT,
  type CounterKey,
  expandKeyTemplate,
} from '@ringtail/protocol';
import type { ControlFile } from './control-file.ts';
import type { DaemonLink } from './daemon-link.ts';

/** Keys of maps beyond this are cut; a daemon takes no longer ones. */
const KEY_LENGTH_MAX = 512;

/** A counter of this thread that a daemon reads. */
export interface Counter {
  readonly f64: Float64Array;
  readonly index: number;
}

/** Where this thread counts for its daemons: which of the control file's counters stand for what. */
export class CounterSpace {
  readonly #control: ControlFile;
  /** By slot: what is numbered by the thread itself. */
  readonly #keys: { readonly indexes: Map<string, number>; next: number }[];

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
   * @returns undefined if the slot's counters for keys are all taken, or the daemon named one that is not the slot's
   * @throws {PosixError} where the counters cannot be mapped
   */
  counterFor(link: DaemonLink, key: CounterKey, eventName: string): Counter | undefined {
    if ('index' in key) return this.at(link.slot, key.index);
    const text = keyOf(key.template, eventName);
    const name = `${key.map}:${text}`;
    const keys = this.#keys[link.slot] as { indexes: Map<string, number>; next: number };
    let index = keys.indexes.get(name);
    if (index === undefined) {
      index = keys.next;
      if (this.at(link.slot, index) === undefined) return undefined;
      keys.next += CONTROL_SLOT_COUNT;
      keys.indexes.set(name, index);
      link.send({ type: 'counters', counters: [{ index, map: key.map, key: text }] });
    }
    return this.at(link.slot, index);
  }

  /** The daemon of the slot is gone: its successor does not know what was announced. */
  forget(slot: number): void {
    this.#keys[slot] = unused(slot);
  }
}

function unused(slot: number) {
  return { indexes: new Map<string, number>(), next: CONTROL_KEY_COUNTERS_FROM + slot };
}

/** The key under which an event of that name is counted. */
export function keyOf(template: string, eventName: string): string {
  return expandKeyTemplate(template, eventName).slice(0, KEY_LENGTH_MAX);
}
