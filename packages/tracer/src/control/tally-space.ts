import { CONTROL_SLOT_COUNT, CONTROL_TALLY_COUNT, CONTROL_TALLY_WORDS } from '@ringtail/protocol';
import type { ControlFile } from './control-file.ts';

/** Words of a tally. */
const KEY = 0;
const MATCHED = 1;
const MISSED = 2;

/** How many events set a trigger off, or could not be looked at, where the daemon finds it when this thread is gone. */
export interface Tally {
  readonly f64: Float64Array;
  /** Words to add to. */
  readonly matched: number;
  readonly missed: number;
}

interface Slot {
  /** By the keys of triggers: which tally each has. */
  readonly numbers: Map<number, number>;
  /** Keys of triggers that are gone, which may come again; the first to go first. */
  readonly idle: Set<number>;
}

/**
 * Where this thread counts what it has to tell of triggers: a process may be killed, or just end, with matches that it has
 * gathered and not sent. Layout: `protocol/control/control-page.ts`.
 */
export class TallySpace {
  readonly #control: ControlFile;
  readonly #slots: Slot[];

  constructor(control: ControlFile) {
    this.#control = control;
    this.#slots = Array.from({ length: CONTROL_SLOT_COUNT }, unused);
  }

  /**
   * The tally of a trigger, which goes on where it was if the trigger was there before.
   *
   * @returns undefined where there is none: matches are told all the same
   */
  take(slot: number, trigger: number): Tally | undefined {
    const { numbers, idle } = this.#slots[slot] as Slot;
    let f64: Float64Array;
    try {
      f64 = this.#control.tallies(slot);
    } catch {
      return undefined;
    }
    idle.delete(trigger);
    let number = numbers.get(trigger);
    if (number === undefined) {
      number = numbers.size < CONTROL_TALLY_COUNT ? numbers.size : this.#takeIdle(slot);
      if (number === undefined) return undefined;
      numbers.set(trigger, number);
      const at = wordOf(number);
      f64[at + MATCHED] = 0;
      f64[at + MISSED] = 0;
      f64[at + KEY] = trigger;
      f64[0] = numbers.size;
    }
    return { f64, matched: wordOf(number) + MATCHED, missed: wordOf(number) + MISSED };
  }

  /** The trigger is gone: another may have its tally where there is no other left. */
  giveBack(slot: number, trigger: number): void {
    const { numbers, idle } = this.#slots[slot] as Slot;
    if (numbers.has(trigger)) idle.add(trigger);
  }

  /** The daemon of the slot is gone: its successor numbers triggers anew. */
  forget(slot: number): void {
    if ((this.#slots[slot] as Slot).numbers.size > 0) this.#control.tallies(slot)[0] = 0;
    this.#slots[slot] = unused();
  }

  #takeIdle(slot: number): number | undefined {
    const { numbers, idle } = this.#slots[slot] as Slot;
    for (const former of idle) {
      const number = numbers.get(former);
      idle.delete(former);
      numbers.delete(former);
      return number;
    }
    return undefined;
  }
}

function unused(): Slot {
  return { numbers: new Map(), idle: new Set() };
}

function wordOf(number: number): number {
  return 1 + number * CONTROL_TALLY_WORDS;
}
