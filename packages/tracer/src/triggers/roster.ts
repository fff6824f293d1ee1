import type { EventSpec } from '@ringtail/ctf';
import type { TriggerTarget } from '../recorder/recorder-plan.ts';
import type { CountingSpaces, TriggerBinding } from './trigger-binding.ts';

/** A roster with fewer than this many that are gone is left as it is. */
const GONE_MIN = 64;

/** Triggers in the order in which they came. Whoever has looked through it looks again at those only that came since. */
export class Roster {
  readonly bindings: TriggerBinding[] = [];
  /** How many of them are gone. */
  gone = 0;

  /** How many are there. */
  get size(): number {
    return this.bindings.length - this.gone;
  }

  /** One without those that are gone, once these are the most. */
  tidied(): Roster {
    if (this.gone < GONE_MIN || this.gone < this.size) return this;
    const tidy = new Roster();
    for (const binding of this.bindings) if (!binding.isGone) tidy.bindings.push(binding);
    return tidy;
  }
}

export const EMPTY_ROSTER = new Roster();

export interface Found {
  readonly binding: TriggerBinding;
  readonly target: TriggerTarget;
}

/** What one event sets off of a roster, as far as that was looked through. */
export class RosterView {
  #roster = EMPTY_ROSTER;
  #seen = 0;
  #gone = 0;
  #found: readonly Found[] = [];

  /** @returns the same as the last time where it still is */
  look(roster: Roster, event: EventSpec, spaces: CountingSpaces): readonly Found[] {
    const before = this.#found;
    if (roster !== this.#roster) {
      this.#roster = roster;
      this.#seen = 0;
      this.#found = [];
    } else if (roster.gone !== this.#gone && before.some(({ binding }) => binding.isGone)) {
      this.#found = before.filter(({ binding }) => !binding.isGone);
    }
    this.#gone = roster.gone;
    const more: Found[] = [];
    for (; this.#seen < roster.bindings.length; this.#seen++) {
      const binding = roster.bindings[this.#seen] as TriggerBinding;
      const target = binding.isGone ? undefined : binding.targetFor(event, spaces);
      if (target !== undefined) more.push({ binding, target });
    }
    if (more.length > 0) this.#found = [...this.#found, ...more];
    if (isSame(this.#found, before)) this.#found = before;
    return this.#found;
  }
}

function isSame(found: readonly Found[], before: readonly Found[]): boolean {
  return found.length === before.length && found.every(({ target }, i) => target === before[i]?.target);
}
