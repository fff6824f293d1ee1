import type { DesiredTrigger, TriggerAction } from '@ringtail/protocol';
import type { Session } from '../../model/session.ts';
import { concernsUser } from '../../model/session.ts';
import type { KeyCounters, KeyGroup } from '../counters/key-counters.ts';
import type { CounterMap } from '../maps/counter-map.ts';
import type { ActionState, Trigger } from '../trigger.ts';
import { isCountedAtEvent, ruleOf } from '../trigger-check.ts';

type Increment = Extract<TriggerAction, { kind: 'increment' }>;

/** The session of that name, if this owner's triggers may act on it. */
export type FindSession = (name: string, owner: Trigger['owner']) => Session | undefined;

/** An increment that applications carry out. */
interface Binding {
  readonly state: ActionState;
  readonly action: Increment;
  readonly group: KeyGroup;
  readonly map: CounterMap;
  readonly key: number;
}

/**
 * The increments of one trigger that applications carry out, while the map exists and its session is active.
 * Applications add to a counter at each event, and send no message.
 */
export class MapIncrements {
  readonly #trigger: Trigger;
  readonly #counters: KeyCounters;
  readonly #newKey: () => number;
  readonly #bindings = new Map<ActionState, Binding>();
  /** Counts of closed groups, by action. */
  readonly #settled = new Map<ActionState, { added: number; refused: number }>();
  /** Counts the occurrences of a trigger that applications do not report. */
  #counting: { readonly group: KeyGroup; readonly from: number } | undefined;
  #occurrencesSettled = 0;

  constructor(trigger: Trigger, counters: KeyCounters, newKey: () => number) {
    this.#trigger = trigger;
    this.#counters = counters;
    this.#newKey = newKey;
  }

  /** Follows the sessions. @returns whether the desired state has changed */
  bind(find: FindSession): boolean {
    const { definition, owner, actions } = this.#trigger;
    let changed = false;
    for (const state of actions) {
      const { action } = state;
      if (action.kind !== 'increment' || !isCountedAtEvent(definition.condition, action)) continue;
      const session = find(action.session, owner);
      const map = session?.maps.get(action.map);
      // As in LTTng, nothing is counted while the session is stopped. Without a session, applications report to the
      // daemon.
      changed = state.runsInApplication !== (map !== undefined) || changed;
      state.runsInApplication = map !== undefined;
      changed = this.#bindTo(state, action, session?.active ? map : undefined) || changed;
    }
    this.#countOccurrences();
    return changed;
  }

  close(): void {
    for (const { group } of this.#bindings.values()) group.close();
    this.#bindings.clear();
  }

  desired(): DesiredTrigger[] {
    const rule = ruleOf(this.#trigger.definition.condition);
    if (rule === undefined) return [];
    return [...this.#bindings.values()].map(({ key, action, group, map }) => {
      const perEvent = this.#counters.perEventGroupOf(map);
      const counter = { map: group.number, template: action.key, ...(perEvent !== undefined && { perEvent }) };
      return { key, rule, captures: null, counter };
    });
  }

  /** Occurrences that were not reported to the daemon. */
  get occurrences(): number {
    return this.#occurrencesSettled + (this.#counting === undefined ? 0 : this.#countedSince(this.#counting));
  }

  /** Executions of an action by applications, and the part that had no room in the map. */
  executionsOf(state: ActionState): { readonly added: number; readonly refused: number } {
    const settled = this.#settled.get(state) ?? { added: 0, refused: 0 };
    const current = this.#bindings.get(state)?.group.read() ?? { added: 0, refused: 0 };
    return { added: settled.added + current.added, refused: settled.refused + current.refused };
  }

  #bindTo(state: ActionState, action: Increment, map: CounterMap | undefined): boolean {
    const bound = this.#bindings.get(state);
    if (bound?.map === map) return false;
    if (bound !== undefined) {
      this.#settled.set(state, this.executionsOf(state));
      this.#stopCounting(bound.group);
      bound.group.close();
      this.#bindings.delete(state);
    }
    if (map !== undefined) {
      const { owner } = this.#trigger;
      const group = this.#counters.open(map, (thread) => concernsUser(owner, thread.uid));
      this.#bindings.set(state, { state, action, group, map, key: this.#newKey() });
    }
    return true;
  }

  #countOccurrences(): void {
    const isReported = this.#trigger.actions.some(({ runsInApplication }) => !runsInApplication);
    const [first] = isReported ? [] : this.#bindings.values();
    if (first?.group === this.#counting?.group) return;
    if (this.#counting !== undefined) this.#stopCounting(this.#counting.group);
    if (first !== undefined) this.#counting = { group: first.group, from: first.group.read().added };
  }

  #stopCounting(group: KeyGroup): void {
    if (this.#counting?.group !== group) return;
    this.#occurrencesSettled += this.#countedSince(this.#counting);
    this.#counting = undefined;
  }

  #countedSince({ group, from }: { readonly group: KeyGroup; readonly from: number }): number {
    return group.read().added - from;
  }
}
