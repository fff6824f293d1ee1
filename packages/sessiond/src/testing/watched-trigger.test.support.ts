import type { ConditionKind, ConditionOf, WatchedTrigger } from '../triggers/conditions/condition-source.ts';

let nextKey = 1;

/** A trigger of that user. */
export function watchedTrigger<Condition extends ConditionOf<ConditionKind>>(
  condition: Condition,
  uid = 0,
  countedEvents: () => number = () => 0,
): WatchedTrigger<Condition['kind']> {
  const key = nextKey++;
  const trigger = { key, name: `trigger${key}`, owner: { uid, gid: uid }, condition, countedEvents };
  // That the condition is the one of its kind is beyond what the compiler sees.
  return trigger as unknown as WatchedTrigger<Condition['kind']>;
}
