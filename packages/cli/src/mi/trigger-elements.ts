import type {
  EventRule,
  RatePolicy,
  SnapshotOutputParameters,
  TriggerAction,
  TriggerCondition,
  TriggerDescription,
} from '@ringtail/protocol';
import { type CapturedField, parseCapture } from '../triggers/capture-expression.ts';
import type { XmlChildren } from './xml.ts';

/**
 * A trigger as LTTng shows it.
 *
 * @param errors whether the counts of what went wrong are shown, which only listings do
 */
export function triggerElement(trigger: TriggerDescription, errors: boolean): XmlChildren {
  const { name, uid, condition, actions, actionStatistics, messagesDiscarded } = trigger;
  return {
    name,
    owner_uid: uid,
    condition: {
      ...conditionElement(condition),
      ...(errors && errorsOf(hasEventRule(condition), TRACER_MESSAGES, messagesDiscarded)),
    },
    action: {
      action_list: {
        action: actions.map((action, at) => ({
          ...actionElement(action),
          ...(errors && errorsOf(true, EXECUTION_FAILURES, actionStatistics[at]?.failures ?? 0)),
        })),
      },
    },
    ...(errors && { error_query_results: {} }),
  };
}

const TRACER_MESSAGES = {
  name: 'discarded tracer messages',
  description: 'Messages of applications about events that the condition is about, which could not be sent',
};
const EXECUTION_FAILURES = {
  name: 'total execution failures',
  description: 'How many times the action could not be carried out',
};

function errorsOf(isCounted: boolean, what: { name: string; description: string }, value: number): XmlChildren {
  const result = { ...what, error_query_result_counter: { value } };
  return { error_query_results: isCounted ? { error_query_result: result } : {} };
}

function hasEventRule({ kind }: TriggerCondition): boolean {
  return kind === 'event-rule-matches' || kind === 'event-rate-above' || kind === 'no-event-for';
}

/**
 * A condition. The schema has no words for ours: they are shown as events of the provider `ringtail`, with a filter that says
 * the rest.
 */
function conditionElement(condition: TriggerCondition): XmlChildren {
  switch (condition.kind) {
    case 'event-rule-matches':
      return eventRuleMatches(condition.rule, condition.captures);
    case 'channel-buffer-usage': {
      const { session, channel, comparison, threshold } = condition;
      const usage = {
        session_name: session,
        channel_name: channel,
        domain: 'UST',
        ...('bytes' in threshold ? { threshold_bytes: threshold.bytes } : { threshold_ratio: threshold.ratio }),
      };
      return comparison === 'at-least' ? { condition_buffer_usage_high: usage } : { condition_buffer_usage_low: usage };
    }
    case 'session-consumed-size':
      return {
        condition_session_consumed_size: { session_name: condition.session, threshold_bytes: condition.bytes },
      };
    case 'session-rotation': {
      const session = { session_name: condition.session };
      return condition.phase === 'starts'
        ? { condition_session_rotation_ongoing: session }
        : { condition_session_rotation_completed: session };
    }
    case 'application-exited': {
      const causes = condition.causes.map((cause) => `cause == ${JSON.stringify(cause)}`).join(' || ');
      return ofRingtail(condition.kind, `procname == ${JSON.stringify(condition.procname)} && (${causes})`);
    }
    case 'event-loop-stalled':
      return ofRingtail(
        condition.kind,
        `procname == ${JSON.stringify(condition.procname)} && period_us >= ${condition.periodUs}`,
      );
    case 'event-rate-above':
      return ofRingtail(condition.kind, `rule == ${ruleText(condition.rule)} && per_second > ${condition.perSecond}`);
    case 'no-event-for':
      return ofRingtail(condition.kind, `rule == ${ruleText(condition.rule)} && period_us >= ${condition.periodUs}`);
  }
}

function ofRingtail(kind: string, filter: string): XmlChildren {
  return eventRuleMatches({ pattern: `ringtail:${kind}`, filter }, []);
}

function ruleText(rule: EventRule): string {
  return JSON.stringify(rule.filter === undefined ? rule.pattern : `${rule.pattern} if ${rule.filter}`);
}

function eventRuleMatches(rule: EventRule, captures: readonly string[]): XmlChildren {
  const { pattern, filter, logLevel, exclude = [] } = rule;
  return {
    condition_event_rule_matches: {
      event_rule: {
        event_rule_user_tracepoint: {
          name_pattern: pattern,
          filter_expression: filter,
          ...(logLevel !== undefined && {
            log_level_rule:
              logLevel.from === logLevel.to
                ? { log_level_rule_exactly: { level: logLevel.to } }
                : { log_level_rule_at_least_as_severe_as: { level: logLevel.to } },
          }),
          ...(exclude.length > 0 && { name_pattern_exclusions: { name_pattern_exclusion: exclude } }),
        },
      },
      capture_descriptors: captures.length === 0 ? {} : { event_expr: captures.map(captureElement) },
    },
  };
}

function captureElement(text: string): XmlChildren {
  return fieldElement(fieldOf(text));
}

/** What a daemon says of its triggers is nobody's promise: whatever is no field is shown as the name of one. */
function fieldOf(text: string): Pick<CapturedField, 'scope' | 'path'> {
  try {
    return parseCapture(text);
  } catch {
    return { scope: 'payload', path: [text] };
  }
}

function fieldElement({ scope, path }: Pick<CapturedField, 'scope' | 'path'>): XmlChildren {
  const last = path.at(-1);
  if (typeof last === 'number') {
    const inner = fieldElement({ scope, path: path.slice(0, -1) });
    return { event_expr_array_field_element: { index: last, event_expr: inner } };
  }
  if (scope === 'application') {
    const [provider, ...names] = path;
    return {
      event_expr_app_specific_context_field: { provider_name: String(provider), type_name: names.join('.') },
    };
  }
  const name = { name: path.join('.') };
  return scope === 'context' ? { event_expr_channel_context_field: name } : { event_expr_payload_field: name };
}

/** An action. The schema has no words for `exec` and `webhook`, which tell somebody: they are shown as notifications. */
function actionElement(action: TriggerAction): XmlChildren {
  const rate_policy = policyElement(action.ratePolicy);
  switch (action.kind) {
    case 'notify':
    case 'exec':
    case 'webhook':
      return { action_notify: { rate_policy } };
    case 'start-session':
      return { action_start_session: { session_name: action.session, rate_policy } };
    case 'stop-session':
      return { action_stop_session: { session_name: action.session, rate_policy } };
    case 'rotate-session':
      return { action_rotate_session: { session_name: action.session, rate_policy } };
    case 'snapshot-session':
      return {
        action_snapshot_session: { session_name: action.session, ...outputElement(action), rate_policy },
      };
    case 'increment':
      return {
        action_increment_map_value: {
          session_name: action.session,
          channel_type: 'user',
          channel_name: action.map,
          key_template: action.key,
        },
      };
  }
}

function outputElement({
  output,
  name,
  maxBytes,
}: {
  readonly output: SnapshotOutputParameters | null;
  readonly name: string | null;
  readonly maxBytes: number | null;
}): XmlChildren {
  const all = { name: output?.name ?? name, ctrl_url: output?.path ?? null, max_size: output?.maxBytes ?? maxBytes };
  const given = Object.entries(all).filter((entry): entry is [string, string | number] => entry[1] !== null);
  return given.length === 0 ? {} : { output: Object.fromEntries(given) };
}

function policyElement(policy: RatePolicy): XmlChildren {
  return 'onceAfter' in policy
    ? { rate_policy_once_after_n: { threshold: policy.onceAfter } }
    : { rate_policy_every_n: { interval: policy.every } };
}
