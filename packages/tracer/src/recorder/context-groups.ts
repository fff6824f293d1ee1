import type { ContextSource } from '../context/context-source.ts';
import type { RecorderTarget } from './recorder-plan.ts';

/**
 * The context fields of all targets of a recorder, grouped so that each value is read once and each list is converted
 * once.
 */
export interface ContextGroups {
  /** Every source that some target records. */
  readonly sources: readonly ContextSource[];
  /** The different lists of sources, none of them empty. */
  readonly lists: readonly (readonly ContextSource[])[];
  /** Index in `lists` for each target; −1 if it records no context. */
  readonly listOf: readonly number[];
}

export function contextGroups(targets: readonly RecorderTarget[]): ContextGroups {
  const lists: (readonly ContextSource[])[] = [];
  const listOf = targets.map(({ contexts }) => {
    if (contexts.length === 0) return -1;
    const known = lists.findIndex((list) => isSame(list, contexts));
    return known === -1 ? lists.push(contexts) - 1 : known;
  });
  return { sources: [...new Set(lists.flat())], lists, listOf };
}

function isSame(one: readonly ContextSource[], other: readonly ContextSource[]): boolean {
  return one.length === other.length && one.every((source, i) => source === other[i]);
}
