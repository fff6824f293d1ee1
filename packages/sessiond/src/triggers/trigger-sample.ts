import type { TriggerDescription } from '@ringtail/protocol';
import type { TriggerSample } from '../metrics/sample.ts';

/** A trigger as metrics tell of it: its actions together. */
export function triggerSampleOf(trigger: TriggerDescription): TriggerSample {
  const { name, uid, occurrences, messagesDiscarded, actionStatistics } = trigger;
  let executions = 0;
  let failures = 0;
  for (const action of actionStatistics) {
    executions += action.executions;
    failures += action.failures;
  }
  return { name, uid, occurrences, messagesDiscarded, executions, failures };
}
