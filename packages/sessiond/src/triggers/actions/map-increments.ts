import type { MapKey, TriggerAction, TriggerDescription } from '@ringtail/protocol';
import { concernsUser } from '../../model/owner.ts';
import type { Session } from '../../model/session.ts';
import type { FindSession } from '../conditions/condition-source.ts';
import type { KeyCounters, KeyGroup } from '../counters/key-counters.ts';
import type { SharedCounter } from '../counters/thread-counters.ts';
import type { CounterMap } from '../maps/counter-map.ts';
import type { ActionState, Trigger } from '../trigger.ts';
import { isCountedAtEvent } from '../trigger-check.ts';

const FULL = 'the map, or the share of a user, is full';

type Increment = Extract<TriggerAction, { kind: 'increment' }>;

/** The map of a session to which an action adds; undefined if it does not exist. */
export type MapOf = (session: Session, action: Increment) => CounterMap | undefined;

/** An increment that applications carry out while the session of the map is active. */
interface Binding {
  readonly map: CounterMap;
  readonly group: KeyGroup;
  readonly template: string;
  /** Matches before it was last activated; undefined while it is inactive. */
  from: number | undefined;
}

/**
 * The increments of one trigger that applications carry out, while the map exists and its session is active.
 * Applications add to a counter at each event, and send no message.
 */
export class MapIncrements {
  readonly #trigger: Trigger;
  readonly #counters: KeyCounters;
  readonly #matches: SharedCounter;
  readonly #bindings = new Map<ActionState, Binding>();

  /** @param matches counts the matches of the trigger in applications */
  constructor(trigger: Trigger, counters: KeyCounters, matches: SharedCounter) {
    this.#trigger = trigger;
    this.#counters = counters;
    this.#matches = matches;
  }

  /** Follows the sessions. @returns whether the desired state has changed */
  bind(find: FindSession, mapOf: MapOf): boolean {
    const { definition, owner, actions } = this.#trigger;
    const wasReported = this.#trigger.isReported;
    let changed = false;
    for (const state of actions) {
      const { action } = state;
      if (action.kind !== 'increment' || !isCountedAtEvent(definition.condition, action)) continue;
      const session = find(action.session, owner);
      const map = session && mapOf(session, action);
      const bound = this.#bindings.get(state);
      if (bound?.map !== map) this.#rebind(state, map, action);
      // As in LTTng, nothing is counted while the session is stopped.
      changed = this.#setActive(state, session?.active === true) || bound?.map !== map || changed;
      // Without a map, applications report to the daemon.
      state.runsInApplication = map !== undefined;
    }
    // The daemon carries no action out for matches that nothing has reported so far.
    if (this.#trigger.isReported && !wasReported) this.#matches.settleAll();
    return changed;
  }

  close(): void {
    for (const { group } of this.#bindings.values()) group.close();
  }

  /** The keys that applications add to now. */
  keys(): MapKey[] {
    return [...this.#bindings.values()]
      .filter(({ from }) => from !== undefined)
      .map(({ group: { number, scope }, template }) => ({ group: number, scope, template }));
  }

  /** With the executions by applications. An addition without room in the map has failed. */
  statisticsOf(state: ActionState): TriggerDescription['actionStatistics'][number] {
    const { executions, failures, suppressed, lastFailure } = state;
    const { from, group } = this.#bindings.get(state) ?? {};
    const refused = group?.refused() ?? 0;
    return {
      executions: executions + (from === undefined ? 0 : this.#matches.read() - from),
      failures: failures + refused,
      suppressed,
      lastFailure: refused > 0 ? FULL : lastFailure,
    };
  }

  #rebind(
    state: ActionState,
    map: CounterMap | undefined,
    { key }: Extract<TriggerAction, { kind: 'increment' }>,
  ): void {
    const former = this.#bindings.get(state);
    if (former !== undefined) {
      this.#setActive(state, false);
      Object.assign(state, this.statisticsOf(state));
      former.group.close();
      this.#bindings.delete(state);
    }
    if (map === undefined) return;
    const { owner } = this.#trigger;
    const group = this.#counters.open(map, (thread) => concernsUser(owner, thread.uid));
    this.#bindings.set(state, { map, group, template: key, from: undefined });
  }

  /** @returns whether that has changed */
  #setActive(state: ActionState, isActive: boolean): boolean {
    const bound = this.#bindings.get(state);
    if (bound === undefined || isActive === (bound.from !== undefined)) return false;
    state.executions = this.statisticsOf(state).executions;
    bound.from = isActive ? this.#matches.read() : undefined;
    return true;
  }
}
