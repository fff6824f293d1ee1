import type { EventSpec } from '@ringtail/ctf';
import type { CapturedValue } from '@ringtail/protocol';
import { buildCondition } from './condition.ts';
import type { TriggerTarget } from './recorder-plan.ts';

/** What a recorder does for triggers, made of closures. To be called in this order, with the gate closed. */
export interface TriggerActions {
  /** Finds out which of them the event sets off, and reads what they capture. @returns whether it is any */
  look(values: unknown[]): boolean;
  /** Counts and tells what `look` has found. Once the event is recorded: who is told may want to look at it. */
  act(): void;
  /** For an event that nobody can look at, since it was hit inside a recorder. */
  missed(): void;
}

export const NO_CAPTURES: readonly CapturedValue[] = [];

interface BuiltTrigger {
  readonly target: TriggerTarget;
  readonly isWanted: ReturnType<typeof buildCondition>;
}

/** With one trigger more, those of thousands are not built again. */
const built = new WeakMap<TriggerTarget, BuiltTrigger>();

export function buildTriggers(triggers: readonly TriggerTarget[], event: EventSpec): TriggerActions {
  const all = triggers.map((target) => builtFor(target, event));
  const captured: (readonly CapturedValue[] | undefined)[] = all.map(() => undefined);
  const shared = [...new Set(triggers.map(({ once }) => once).filter((once) => once !== null))];

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
      for (const once of shared) once.counted = false;
      all.forEach(({ target }, i) => {
        const captures = captured[i];
        if (captures === undefined) return;
        captured[i] = undefined;
        count(target);
        target.reports?.matched(captures);
      });
    },
    missed() {
      for (const once of shared) once.counted = false;
      for (const target of triggers) {
        if (target.condition === null) count(target);
        target.reports?.missed();
      }
    },
  };
}

/** @param event the one that the target is about */
function builtFor(target: TriggerTarget, event: EventSpec): BuiltTrigger {
  let trigger = built.get(target);
  if (trigger === undefined) {
    trigger = { target, isWanted: buildCondition(target.condition, event) };
    built.set(target, trigger);
  }
  return trigger;
}

function count({ counter, once }: TriggerTarget): void {
  if (counter === null) return;
  (counter.f64[counter.index] as number) += 1;
  if (once === null) return;
  if (once.counted) (once.f64[once.index] as number) += 1;
  else once.counted = true;
}
