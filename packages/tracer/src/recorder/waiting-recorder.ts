import { ControlPage } from '@ringtail/protocol';
import { makeRecorder } from './code-generation.ts';
import { buildCondition } from './condition.ts';
import type { Recorder, RecorderCondition, RecorderPlan } from './recorder-plan.ts';

/** A channel that wants an event and cannot record it yet, since its daemon has not given the event an identifier. */
export interface WaitingChannel {
  readonly condition: RecorderCondition | null;
  /** Whether another attempt to get the identifier may succeed. */
  mayGetFurther(): boolean;
  countDiscarded(): void;
}

const GENERATION = ControlPage.GENERATION / 4;

/**
 * Makes the recorder of a tracepoint of which some channels wait for an identifier. It records into the other channels,
 * counts the events that the waiting ones want as discarded, and calls `stale` as soon as one of them may get further.
 */
export function makeWaitingRecorder(plan: RecorderPlan, waiting: readonly WaitingChannel[]): Recorder {
  const { gate, site, event } = plan;
  const stale = plan.stale as (...values: unknown[]) => void;
  const isIdle = plan.targets.length === 0 && plan.triggers.length === 0;
  const record = isIdle ? undefined : (makeRecorder(plan) as (...values: unknown[]) => void);
  const channels = waiting.map((channel) => ({ channel, isWanted: buildCondition(channel.condition, event) }));
  return (...values: unknown[]) => {
    const isNested = gate.inside !== 0;
    if (gate.page[GENERATION] !== site.on || (!isNested && waiting.some((channel) => channel.mayGetFurther()))) {
      stale(...values);
      return;
    }
    for (const { channel, isWanted } of channels) {
      if (isNested || isWanted === null) {
        channel.countDiscarded();
        continue;
      }
      // Filters may run code of the application that hits tracepoints.
      gate.inside = 1;
      try {
        if (isWanted(values)) channel.countDiscarded();
      } catch {
        channel.countDiscarded();
      }
      gate.inside = 0;
    }
    record?.(...values);
  };
}
