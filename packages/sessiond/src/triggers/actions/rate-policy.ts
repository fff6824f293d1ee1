import type { RatePolicy } from '@ringtail/protocol';

/**
 * Executions of an action that occurrences `before + 1` to `before + count` make due.
 *
 * @see lttng-add-trigger(1), --rate-policy
 */
export function dueTimes(policy: RatePolicy, before: number, count: number): number {
  const after = before + count;
  if ('every' in policy) return Math.floor(after / policy.every) - Math.floor(before / policy.every);
  return before < policy.onceAfter && policy.onceAfter <= after ? 1 : 0;
}
