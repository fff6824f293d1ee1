import type { EventSpec } from '@ringtail/ctf';
import type { CounterSpace } from '../control/counter-space.ts';
import type { CountedOnce, TriggerTarget } from '../recorder/recorder-plan.ts';
import type { Found } from './roster.ts';
import type { TriggerBinding } from './trigger-binding.ts';

/** Triggers that add to the same key, of which an event is to add one, share a counter of what is too much; one alone needs none. */
export function withRepeats(found: readonly Found[], event: EventSpec, counters: CounterSpace): TriggerTarget[] {
  const sharing = new Map<string, TriggerBinding[]>();
  const nameOf = ({ binding, target }: Found) => (target.counter === null ? undefined : binding.repeatsFor(event.name));
  for (const one of found) {
    const name = nameOf(one);
    if (name === undefined) continue;
    const bindings = sharing.get(name) ?? [];
    bindings.push(one.binding);
    sharing.set(name, bindings);
  }
  const shared = new Map<string, CountedOnce>();
  for (const [name, [first, ...more]] of sharing) {
    const counter = more.length === 0 ? null : (first?.repeatsCounterFor(event, counters) ?? null);
    if (counter !== null) shared.set(name, { ...counter, counted: false });
  }
  return found.map((one) => {
    const once = shared.get(nameOf(one) ?? '');
    return once === undefined ? one.target : { ...one.target, once };
  });
}
