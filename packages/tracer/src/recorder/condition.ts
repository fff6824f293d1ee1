import { buildArgumentFilter, type EventSpec } from '@ringtail/ctf';
import type { RecorderCondition } from './recorder.ts';

/**
 * A condition made of closures: whether an event with these arguments is wanted. Throws where a filter does.
 *
 * @returns null where every event is
 */
export function buildCondition(
  condition: RecorderCondition | null,
  { fields }: EventSpec,
): ((values: unknown[]) => boolean) | null {
  if (condition === null) return null;
  const { lookUpContext } = condition;
  const filters = condition.anyOf.map((filter) => buildArgumentFilter(filter, { fields, lookUpContext }));
  return (values) => filters.some((filter) => filter(values));
}
