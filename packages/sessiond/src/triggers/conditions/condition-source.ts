import type { CapturedValue, TriggerCondition, TriggerReport } from '@ringtail/protocol';
import type { Owner } from '../../model/session.ts';

export type ConditionKind = TriggerCondition['kind'];
export type ConditionOf<Kind extends ConditionKind> = Extract<TriggerCondition, { readonly kind: Kind }>;

/** What else a source knows of an occurrence; goes into the `TriggerReport`. */
export type OccurrenceDetails = TriggerReport['details'];

/**
 * The condition held `count` times more. Returns at once: counts, applies the rate policies and begins what is due; may be
 * called from anywhere, also from within `start`. After the source was stopped, calls do nothing.
 *
 * @param captures of the newest one, in the order of the condition's `captures`; absent where the condition has none.
 */
export type Occurred = (count: number, captures?: readonly CapturedValue[], details?: OccurrenceDetails) => void;

/** A trigger as its condition's source sees it. */
export interface WatchedTrigger<Kind extends ConditionKind = ConditionKind> {
  /** Unique in the life of the daemon. */
  readonly key: number;
  readonly name: string;
  /** Whose applications and sessions it is about: root's trigger is about those of all users. */
  readonly owner: Owner;
  readonly condition: ConditionOf<Kind>;
  /**
   * How many events the condition's rule has taken since the trigger was added, by the counters in the control files of all
   * threads, those included that have ended. Reads them all: for conditions that only count (`event-rate-above`,
   * `no-event-for`), and to be called every 100 ms rather than at every event. 0 for all other conditions.
   */
  countedEvents(): number;
}

/** Watches one kind of condition. */
export interface ConditionSource<Kind extends ConditionKind = ConditionKind> {
  /**
   * Begins to watch the condition of a trigger: also one about a session, a channel or an application that is not there yet. What
   * many triggers wait for is watched once for all of them; while there is no trigger, nothing is.
   *
   * @returns stops it.
   */
  start(trigger: WatchedTrigger<Kind>, occurred: Occurred): () => void;
}

/** The source of each kind; a kind without one is refused with `UNSUPPORTED`. */
export type ConditionSources = { readonly [Kind in ConditionKind]?: ConditionSource<Kind> };
