import type {
  DomainName,
  EventRule,
  RatePolicy,
  SnapshotOutputParameters,
  TriggerAction,
  TriggerCondition,
  TriggerDefinition,
} from '@ringtail/protocol';
import { domainType } from '../xml/domain-elements.ts';
import type { XmlChildren } from '../xml/xml-element.ts';
import { captureElement, isLttngCapture } from './capture-elements.ts';

/** Conditions and actions that LTTng has, in its session files and its machine interface. */
type LttngCondition = Extract<
  TriggerCondition,
  {
    readonly kind: 'event-rule-matches' | 'channel-buffer-usage' | 'session-consumed-size' | 'session-rotation';
  }
>;
type LttngAction = Exclude<TriggerAction, { readonly kind: 'exec' | 'webhook' }>;

/**
 * A trigger in LTTng's elements; undefined if they cannot express it.
 *
 * @see session.xsd of lttng-tools 2.16, `trigger_type`
 */
export function triggerElement({ name, condition, actions }: TriggerDefinition): XmlChildren | undefined {
  if (name === null || !isLttngCondition(condition)) return undefined;
  const lttngs = actions.filter(isLttngAction);
  if (lttngs.length < actions.length || lttngs.length === 0) return undefined;
  return {
    name,
    condition: conditionElement(condition),
    action: { action_list: { action: lttngs.map(actionElement) } },
  };
}

function isLttngCondition(condition: TriggerCondition): condition is LttngCondition {
  switch (condition.kind) {
    case 'event-rule-matches': {
      const { logLevel, filter = '', exclude } = condition.rule;
      const { from = 0, to = 0 } = logLevel ?? {};
      const isLttngRule = (from === 0 || from === to) && isLttngFilter(filter) && exclude?.length !== 0;
      return isLttngRule && condition.captures.every(isLttngCapture);
    }
    case 'channel-buffer-usage':
    case 'session-consumed-size':
    case 'session-rotation':
      return true;
    default:
      return false;
  }
}

/** LTTng accepts a backslash in a filter's text only before another backslash or a star. */
function isLttngFilter(filter: string): boolean {
  return !filter.replaceAll(/\\[\\*]/g, '').includes('\\');
}

/**
 * LTTng has no rate policy by time. Its `incr-map-value` has no rate policy, and its snapshots have a name and a limit
 * only with an output.
 */
function isLttngAction(action: TriggerAction): action is LttngAction {
  if ('atMost' in action.ratePolicy) return false;
  switch (action.kind) {
    case 'increment':
      return 'every' in action.ratePolicy && action.ratePolicy.every === 1 && isLttngMapDomain(action.domain);
    case 'snapshot-session':
      return action.name === null && action.maxBytes === null;
    default:
      return action.kind !== 'exec' && action.kind !== 'webhook';
  }
}

function isLttngMapDomain(domain: DomainName = 'user'): boolean {
  return domain === 'user' || domain === 'kernel';
}

/** A range of log levels that LTTng lacks is shown as its upper end. */
export function conditionElement(condition: LttngCondition): XmlChildren {
  switch (condition.kind) {
    case 'event-rule-matches':
      return {
        condition_event_rule_matches: {
          event_rule: { event_rule_user_tracepoint: ruleElement(condition.rule) },
          capture_descriptors: { event_expr: absentIfEmpty(condition.captures.map(captureElement)) },
        },
      };
    case 'channel-buffer-usage': {
      const { session, domain = 'user', channel, comparison, threshold } = condition;
      const usage = {
        session_name: session,
        channel_name: channel,
        domain: domainType(domain),
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
  }
}

function ruleElement({ pattern, filter, logLevel, exclude = [] }: EventRule): XmlChildren {
  return {
    name_pattern: pattern,
    filter_expression: filter,
    ...(logLevel !== undefined && {
      log_level_rule:
        logLevel.from === logLevel.to
          ? { log_level_rule_exactly: { level: logLevel.to } }
          : { log_level_rule_at_least_as_severe_as: { level: logLevel.to } },
    }),
    ...(exclude.length > 0 && { name_pattern_exclusions: { name_pattern_exclusion: exclude } }),
  };
}

function absentIfEmpty(elements: readonly XmlChildren[]): readonly XmlChildren[] | undefined {
  return elements.length === 0 ? undefined : elements;
}

export function actionElement(action: LttngAction): XmlChildren {
  const rate_policy = policyElement(action.ratePolicy);
  switch (action.kind) {
    case 'notify':
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
          channel_type: action.domain ?? 'user',
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

/** A policy by time, which LTTng lacks, is shown as "at each occurrence". */
function policyElement(policy: RatePolicy): XmlChildren {
  return 'onceAfter' in policy
    ? { rate_policy_once_after_n: { threshold: policy.onceAfter } }
    : { rate_policy_every_n: { interval: 'every' in policy ? policy.every : 1 } };
}
