import type { CapturedValue, TriggerCondition, TriggerReport } from '@ringtail/protocol';
import type { Owner } from '../../model/owner.ts';
import type { Session } from '../../model/session.ts';

export type ConditionKind = TriggerCondition['kind'];
export type ConditionOf<Kind extends ConditionKind> = Extract<TriggerCondition, { readonly kind: Kind }>;

/** The session of that name, if this owner's triggers are about it and may act on it. */
export type FindSession = (name: string, owner: Owner) => Session | undefined;

/** Details of an occurrence, for the `TriggerReport`. */
export type OccurrenceDetails = TriggerReport['details'];

/**
 * The condition held `count` times more. Returns at once: counts, applies the rate policies and begins the actions
 * that are due. May be called from anywhere, also from within `start`. After the source was stopped, calls do
 * nothing.
 *
 * @param captures of the newest occurrence, in the order of the condition's `captures`; absent where the condition
 *   has none.
 */
export type Occurred = (count: number, captures?: readonly CapturedValue[], details?: OccurrenceDetails) => void;

/** A trigger, for the source of its condition. */
export interface WatchedTrigger<Kind extends ConditionKind = ConditionKind> {
  /** Unique in the life of the daemon. */
  readonly key: number;
  readonly name: string;
  /**
   * The user whose applications and sessions it is about. A trigger of root is about the applications and sessions of
   * all users.
   */
  readonly owner: Owner;
  readonly condition: ConditionOf<Kind>;
  /**
   * Number of events that the condition's rule has matched since the trigger was added, from the counters in the
   * control files of all threads, ended threads included. Reads them all, so call it every 100 ms rather than at
   * every event. For conditions that only count (`event-rate-above`, `no-event-for`); 0 for all others.
   */
  countedEvents(): number;
}

/** Watches one kind of condition. */
export interface ConditionSource<Kind extends ConditionKind = ConditionKind> {
  /**
   * Begins to watch the condition of a trigger. Its session, channel or application need not exist yet. The source
   * watches one thing once for many triggers, and nothing while there is no trigger.
   *
   * @returns stops it.
   */
  start(trigger: WatchedTrigger<Kind>, occurred: Occurred): () => void;
}

/** Conditions that the daemon watches. Applications report matches of event rules. */
export type WatchedKind = Exclude<ConditionKind, 'event-rule-matches'>;

/** The source of each kind. */
export type ConditionSources = { readonly [Kind in WatchedKind]: ConditionSource<Kind> };
