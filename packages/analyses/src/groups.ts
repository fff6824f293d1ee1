import type { PlainValue } from './fields/field-place.ts';

/** Groups beyond this number are left out, and their members counted. */
const GROUPS_MAX = 10_000;

export interface GroupsState<State> {
  readonly groups: readonly (readonly [value: PlainValue, state: State])[];
  readonly ungrouped: number;
}

interface Group<State> {
  readonly count: number;
  state(): State;
  merge(state: State): void;
}

/** Groups by the values of a field, a bounded number of them. */
export class Groups<State extends { readonly count: number }, G extends Group<State>> {
  readonly #newGroup: () => G;
  readonly #groups = new Map<PlainValue, G>();
  #ungrouped = 0;

  constructor(newGroup: () => G) {
    this.#newGroup = newGroup;
  }

  /** Members whose group was left out. */
  get ungrouped(): number {
    return this.#ungrouped;
  }

  /** @param count number of members to be added. @returns undefined if there are too many groups */
  get(value: PlainValue, count = 1): G | undefined {
    let group = this.#groups.get(value);
    if (group === undefined) {
      if (this.#groups.size === GROUPS_MAX) {
        this.#ungrouped += count;
        return undefined;
      }
      group = this.#newGroup();
      this.#groups.set(value, group);
    }
    return group;
  }

  state(): GroupsState<State> {
    return {
      groups: [...this.#groups].map(([value, group]) => [value, group.state()] as const),
      ungrouped: this.#ungrouped,
    };
  }

  merge({ groups, ungrouped }: GroupsState<State>): void {
    for (const [value, state] of groups) this.get(value, state.count)?.merge(state);
    this.#ungrouped += ungrouped;
  }

  map<T>(toData: (value: PlainValue, group: G) => T): T[] {
    return [...this.#groups].map(([value, group]) => toData(value, group));
  }
}
