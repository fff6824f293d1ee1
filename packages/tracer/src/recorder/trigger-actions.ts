import type { EventSpec } from '@ringtail/ctf';
import type { CapturedValue } from '@ringtail/protocol';
import { buildCondition } from './condition.ts';
import type { Counter, TriggerTarget } from './recorder-plan.ts';

/** The part of a recorder that serves triggers, made of closures. The gate is closed around `look` and then `act`. */
export interface TriggerActions {
  /** Finds the triggers that the event sets off, and reads their captures. @returns whether there are any */
  look(values: unknown[]): boolean;
  /**
   * Counts and reports the triggers that `look` has found. Called once the event is recorded: an action may want to
   * read it.
   */
  act(): void;
  /** Counts an event that cannot be checked, since it was hit inside a recorder. */
  missed(): void;
}

export const NO_CAPTURES: readonly CapturedValue[] = [];

interface BuiltTrigger {
  readonly target: TriggerTarget;
  readonly isWanted: ReturnType<typeof buildCondition>;
}

/** One more trigger does not have the others built again. */
const built = new WeakMap<TriggerTarget, BuiltTrigger>();

export function buildTriggers(triggers: readonly TriggerTarget[], event: EventSpec): TriggerActions {
  const all = triggers.map((target) => builtFor(target, event));
  const captured: (readonly CapturedValue[] | undefined)[] = all.map(() => undefined);
  const keys = [...new Set(triggers.flatMap((target) => target.keys))];

  return {
    look(values) {
      let any = false;
      all.forEach(({ target: { reports, capture }, isWanted }, i) => {
        captured[i] = undefined;
        try {
          if (isWanted !== null && !isWanted(values)) return;
          captured[i] = capture?.(values) ?? NO_CAPTURES;
          any = true;
        } catch {
          reports?.missed();
        }
      });
      return any;
    },
    act() {
      for (const key of keys) key.counted = false;
      all.forEach(({ target }, i) => {
        const captures = captured[i];
        if (captures === undefined) return;
        captured[i] = undefined;
        if (target.counter !== null) add(target.counter);
        addOnce(target);
        target.reports?.matched(captures);
      });
    },
    missed() {
      for (const key of keys) key.counted = false;
      for (const target of triggers) {
        if (target.condition === null) addOnce(target);
        if (target.reports !== null) target.reports.missed();
        else if (target.condition === null && target.counter !== null) add(target.counter);
      }
    },
  };
}

/** @param event the target's */
function builtFor(target: TriggerTarget, event: EventSpec): BuiltTrigger {
  let trigger = built.get(target);
  if (trigger === undefined) {
    trigger = { target, isWanted: buildCondition(target.condition, event) };
    built.set(target, trigger);
  }
  return trigger;
}

function add({ f64, index }: Counter): void {
  (f64[index] as number) += 1;
}

function addOnce({ keys }: TriggerTarget): void {
  for (const key of keys) {
    if (key.counted) continue;
    key.counted = true;
    add(key);
  }
}
