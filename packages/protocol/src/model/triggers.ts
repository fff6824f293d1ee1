/**
 * Triggers: a condition, and what it sets off.
 *
 * Conditions about events are evaluated in applications, at the tracepoint, whether or not a session records the event.
 * Everything else is evaluated by the session daemon.
 */
import type { SnapshotOutputParameters } from '../client/client-messages.ts';
import type { EventRule } from './event-rule.ts';

/** How an application ended. `exception`: by an exception that nobody caught. */
export const EXIT_CAUSES = ['signal', 'exit-code', 'exception', 'out-of-memory', 'unknown'] as const;
export type ExitCause = (typeof EXIT_CAUSES)[number];

/** How a process ended. What does not go with the cause is null. */
export interface ProcessEnd {
  readonly cause: ExitCause;
  readonly exitCode: number | null;
  readonly signal: { readonly number: number; readonly name: string; readonly coreDumped: boolean } | null;
  /** Message and stack of an exception that nobody caught. */
  readonly exception: string | null;
}

export type TriggerCondition =
  /** An application emits an event that the rule takes. `captures` are operands of the filter language, whose values go along. */
  | { readonly kind: 'event-rule-matches'; readonly rule: EventRule; readonly captures: readonly string[] }
  /** The fullest ring of a channel is at least, or at most, so full: when that becomes true. */
  | {
      readonly kind: 'channel-buffer-usage';
      readonly session: string;
      readonly channel: string;
      readonly comparison: 'at-least' | 'at-most';
      /** Part of the ring, 0 to 1, or bytes. */
      readonly threshold: { readonly ratio: number } | { readonly bytes: number };
    }
  /** A session has recorded at least so many bytes since it was created: once. */
  | { readonly kind: 'session-consumed-size'; readonly session: string; readonly bytes: number }
  | { readonly kind: 'session-rotation'; readonly session: string; readonly phase: 'starts' | 'finishes' }
  /** Something keeps a session from recording all that it should: each thing once. */
  | { readonly kind: 'session-trouble'; readonly session: string }
  /** A process whose name matches has ended for one of the causes; an exit code of 0 never counts. */
  | { readonly kind: 'application-exited'; readonly procname: string; readonly causes: readonly ExitCause[] }
  /** The rule takes more events in a second, over all applications: when that becomes true. */
  | { readonly kind: 'event-rate-above'; readonly rule: EventRule; readonly perSecond: number }
  /** The rule has taken no event for so long, although an application is registered: when that becomes true. */
  | { readonly kind: 'no-event-for'; readonly rule: EventRule; readonly periodUs: number }
  /** A thread of a process whose name matches has not returned to its event loop for so long: when that becomes true. */
  | { readonly kind: 'event-loop-stalled'; readonly procname: string; readonly periodUs: number };

/** Which occurrences of its condition carry an action out: each nth, or the nth alone. */
export type RatePolicy = { readonly every: number } | { readonly onceAfter: number };
export const EVERY_TIME: RatePolicy = { every: 1 };

export type TriggerActionKind = TriggerAction['kind'];
export type TriggerAction = { readonly ratePolicy: RatePolicy } & (
  | { readonly kind: 'notify' }
  | { readonly kind: 'start-session' | 'stop-session' | 'rotate-session'; readonly session: string }
  | {
      readonly kind: 'snapshot-session';
      readonly session: string;
      readonly output: SnapshotOutputParameters | null;
      readonly name: string | null;
      readonly maxBytes: number | null;
    }
  /** Adds one to a counter. In the key, `{event_name}` and `{provider_name}` stand for those of the event. */
  | { readonly kind: 'increment'; readonly session: string; readonly map: string; readonly key: string }
  /** Runs a program as the trigger's owner, with a `TriggerReport` as JSON on standard input. */
  | { readonly kind: 'exec'; readonly command: readonly string[]; readonly timeoutMs: number }
  /** Posts a `TriggerReport` as JSON. */
  | { readonly kind: 'webhook'; readonly url: string; readonly timeoutMs: number; readonly attempts: number }
);

export interface TriggerDefinition {
  /** Unique among its owner's; null: `trigger0`, `trigger1`, … */
  readonly name: string | null;
  readonly condition: TriggerCondition;
  /** Carried out one after the other, in this order. */
  readonly actions: readonly TriggerAction[];
}

/** What a trigger was set off by, as actions tell it. Integers beyond 53 bits are decimal text. */
export interface TriggerReport {
  readonly trigger: string;
  readonly uid: number;
  readonly condition: TriggerCondition['kind'];
  /** ISO 8601, of the session daemon's clock. */
  readonly at: string;
  /** How often the condition held since the report before: more than one where it held faster than reports are sent. */
  readonly occurrences: number;
  /** Values by capture expression; null where the event lacks it. */
  readonly captures: Readonly<Record<string, CapturedValue>>;
  /** What else there is to know: the session and archive of a rotation, the process and cause of an end, a rate. */
  readonly details: Readonly<Record<string, string | number | null>>;
}
export type CapturedValue = null | boolean | number | string | readonly CapturedValue[];

export interface TriggerDescription extends TriggerDefinition {
  readonly name: string;
  readonly uid: number;
  /** How often the condition has held. */
  readonly occurrences: number;
  /** Events that applications could not look at, and so told nothing of: hit inside a recorder, or a filter threw. */
  readonly messagesDiscarded: number;
  /** One for each action, in order. */
  readonly actionStatistics: readonly {
    readonly executions: number;
    readonly failures: number;
    /** Why the last one failed. */
    readonly lastFailure: string | null;
  }[];
}

/** Counters by key. */
export interface MapChannelAttributes {
  readonly name: string;
  /** What counters are, which wrap; the widest that there are with `signed-int-max`. */
  readonly valueType: MapValueType;
  readonly keyCountMax: number;
  /** Whether an event that sets off several triggers with the same key adds one for each of them, or one. */
  readonly updatePolicy: 'per-event' | 'per-rule-match';
  /** Whose counters are apart. */
  readonly ownership: 'user' | 'process';
  /** Whether counters of a process that has ended are dropped, or added to what all share; those of users stay. */
  readonly deadProcesses: 'drop' | 'sum';
}

/** A map to be made; null: it is called by the first name that is free. */
export type MapChannelParameters = Omit<MapChannelAttributes, 'name'> & { readonly name: string | null };

export const MAP_VALUE_TYPES = ['signed-int-32', 'signed-int-64', 'signed-int-max'] as const;
export type MapValueType = (typeof MAP_VALUE_TYPES)[number];

/** Bits of a counter. What is shared is never narrow, for it takes up what many processes leave. */
export function mapValueBits(
  { valueType }: Pick<MapChannelAttributes, 'valueType'>,
  owner: MapRowOwner['kind'],
): 32 | 64 {
  return valueType === 'signed-int-32' && owner !== 'shared' ? 32 : 64;
}

/** A counter. */
export interface MapRow {
  readonly map: string;
  readonly owner: MapRowOwner;
  readonly key: string;
  readonly value: number;
  /** Whether the value has wrapped. */
  readonly overflow: boolean;
}

/** `shared`: what the session daemon counts by itself, and the sums of processes that have ended. */
export type MapRowOwner =
  | { readonly kind: 'user'; readonly uid: number }
  | { readonly kind: 'process'; readonly uid: number; readonly pid: number; readonly procname: string }
  | { readonly kind: 'shared' };
