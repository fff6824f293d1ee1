import type { EventRule, TriggerAction, TriggerCondition, TriggerDescription } from '@ringtail/protocol';
import { actionElement, conditionElement, type XmlChildren } from '@ringtail/session-file/internal';

/**
 * A trigger as LTTng shows it.
 *
 * @param errors whether error counters are shown, as in listings
 */
export function triggerElement(trigger: TriggerDescription, errors: boolean): XmlChildren {
  const { name, uid, condition, actions, actionStatistics, messagesDiscarded } = trigger;
  return {
    name,
    owner_uid: uid,
    condition: {
      ...shownCondition(condition),
      ...(errors && errorsOf(hasEventRule(condition), TRACER_MESSAGES, messagesDiscarded)),
    },
    action: {
      action_list: {
        action: actions.map((action, at) => ({
          ...shownAction(action),
          ...(errors && errorsOf(true, EXECUTION_FAILURES, actionStatistics[at]?.failures ?? 0)),
        })),
      },
    },
    ...(errors && { error_query_results: {} }),
  };
}

/** Error counters with LTTng's names and descriptions, by which programs know them. */
const TRACER_MESSAGES = {
  name: 'discarded tracer messages',
  description: 'Count of messages discarded by the tracer due to a communication error with the session daemon',
};
const EXECUTION_FAILURES = {
  name: 'total execution failures',
  description: 'Aggregated count of errors encountered when executing the action',
};

function errorsOf(isCounted: boolean, what: { name: string; description: string }, value: number): XmlChildren {
  const result = { ...what, error_query_result_counter: { value } };
  return { error_query_results: isCounted ? { error_query_result: result } : {} };
}

function hasEventRule({ kind }: TriggerCondition): boolean {
  return kind === 'event-rule-matches' || kind === 'event-rate-above' || kind === 'no-event-for';
}

/**
 * A condition. The schema lacks our own conditions: they are shown as events of the provider `ringtail`, with their
 * parameters as a filter.
 */
function shownCondition(condition: TriggerCondition): XmlChildren {
  switch (condition.kind) {
    case 'application-exited': {
      const causes = condition.causes.map((cause) => `cause == ${JSON.stringify(cause)}`).join(' || ');
      return ofRingtail(condition.kind, `procname == ${JSON.stringify(condition.procname)} && (${causes})`);
    }
    case 'session-trouble':
      return ofRingtail(condition.kind, `session == ${JSON.stringify(condition.session)}`);
    case 'event-loop-stalled':
      return ofRingtail(
        condition.kind,
        `procname == ${JSON.stringify(condition.procname)} && period_us >= ${condition.periodUs}`,
      );
    case 'event-rate-above':
      return ofRingtail(condition.kind, `rule == ${ruleText(condition.rule)} && per_second > ${condition.perSecond}`);
    case 'no-event-for':
      return ofRingtail(condition.kind, `rule == ${ruleText(condition.rule)} && period_us >= ${condition.periodUs}`);
    default:
      return conditionElement(condition);
  }
}

function ofRingtail(kind: string, filter: string): XmlChildren {
  return conditionElement({
    kind: 'event-rule-matches',
    rule: { pattern: `ringtail:${kind}`, filter },
    captures: [],
  });
}

function ruleText(rule: EventRule): string {
  return JSON.stringify(rule.filter === undefined ? rule.pattern : `${rule.pattern} if ${rule.filter}`);
}

/** An action. The schema lacks `exec` and `webhook`: they are shown as notifications. */
function shownAction(action: TriggerAction): XmlChildren {
  const isOurs = action.kind === 'exec' || action.kind === 'webhook';
  return actionElement(isOurs ? { kind: 'notify', ratePolicy: action.ratePolicy } : action);
}
