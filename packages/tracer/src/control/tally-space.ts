import { CONTROL_SLOT_COUNT, CONTROL_TALLY_COUNT, CONTROL_TALLY_WORDS } from '@ringtail/protocol';
import type { ControlFile } from './control-file.ts';

/** Words of a tally. */
const KEY = 0;
const MATCHED = 1;
const MISSED = 2;

/**
 * Numbers of events that set a trigger off, or could not be checked. The daemon reads them once this thread is gone.
 */
export interface Tally {
  readonly f64: Float64Array;
  /** Indexes of the words to increment. */
  readonly matched: number;
  readonly missed: number;
}

interface Slot {
  /** Number of each trigger's tally, by the trigger's key. */
  readonly numbers: Map<number, number>;
  /**
   * Keys of removed triggers, which may come back. The one that is idle longest is first, and the first to lose its
   * tally.
   */
  readonly idle: Set<number>;
}

/**
 * The tallies of this thread's triggers in the control file: a process may end, or be killed, with matches that it has
 * gathered and not sent. See `control-page.ts` of `protocol` for the layout.
 */
export class TallySpace {
  readonly #control: ControlFile;
  readonly #slots: Slot[];

  constructor(control: ControlFile) {
    this.#control = control;
    this.#slots = Array.from({ length: CONTROL_SLOT_COUNT }, unused);
  }

  /**
   * The tally of a trigger. It keeps its count if the trigger was there before.
   *
   * @returns undefined if there is none left: matches are reported all the same
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

  /** Releases the tally of a removed trigger. It is used again once there are no others. */
  giveBack(slot: number, trigger: number): void {
    const { numbers, idle } = this.#slots[slot] as Slot;
    if (numbers.has(trigger)) idle.add(trigger);
  }

  /** Forgets the triggers of a daemon that is gone: its successor numbers triggers anew. */
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
