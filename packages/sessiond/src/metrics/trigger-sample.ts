import type { TriggerDescription } from '@ringtail/protocol';
import type { TriggerSample } from './sample.ts';

/** Metrics of a trigger, with the sums of its actions. */
export function triggerSampleOf(trigger: TriggerDescription): TriggerSample {
  const { name, uid, occurrences, messagesDiscarded, actionStatistics } = trigger;
  let executions = 0;
  let failures = 0;
  let suppressed = 0;
  for (const action of actionStatistics) {
    executions += action.executions;
    failures += action.failures;
    suppressed += action.suppressed;
  }
  return { name, uid, occurrences, messagesDiscarded, executions, failures, suppressed };
}
