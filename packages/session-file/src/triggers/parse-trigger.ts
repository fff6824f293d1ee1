import { FilterError, parseFilter } from '@ringtail/ctf/filter';
import { checkTrigger, EVERY_TIME, strayBraceIn, type TriggerDefinition } from '@ringtail/protocol';
import { DOMAIN_TYPES, domainOfType } from '../xml/domain-elements.ts';
import { LABEL_LENGTH_MAX, type XmlNode } from '../xml/xml-node.ts';
import { captureOf, fieldOf } from './capture-elements.ts';

/** A feature of LTTng that Ringtail lacks. */
class NotHere extends Error {}

/**
 * Triggers in LTTng's elements beside the sessions of a file. A trigger with a feature that Ringtail lacks is left out
 * as a whole, with a warning: a part of its actions may be worse than none.
 *
 * @see session.xsd of lttng-tools 2.16, `triggers_type`
 * @throws {SessionFileError} naming the element that is wrong
 */
export function triggersOf(root: XmlNode, warnings: string[]): TriggerDefinition[] {
  const nodes = root.child('triggers')?.children('trigger') ?? [];
  return nodes.flatMap((unnamed) => {
    const name = unnamed.requiredText('name');
    const node = unnamed.labelled(name);
    try {
      const condition = conditionOf(node.requiredChild('condition'));
      const actions = actionsOf(node.requiredChild('action'));
      if (actions.length === 0) throw new NotHere('it has no action');
      return [node.checked(() => checkTrigger({ name, condition, actions }))];
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      warnings.push(`the trigger ${shown(name)} is left out: ${error.message}`);
      return [];
    }
  });
}

function shown(text: string): string {
  return text.length > LABEL_LENGTH_MAX ? `${text.slice(0, LABEL_LENGTH_MAX)}…` : text;
}

/** Unchecked values: `checkTrigger` checks their bounds. */
type Shape = Readonly<Record<string, unknown>>;

function conditionOf(node: XmlNode): Shape {
  const [kind, condition] = node.variant();
  const session = (): string => condition.requiredText('session_name');
  switch (kind) {
    case 'condition_event_rule_matches':
      return {
        kind: 'event-rule-matches',
        rule: ruleOf(condition.requiredChild('event_rule')),
        captures: condition.requiredChild('capture_descriptors').children('event_expr').map(captureHere),
      };
    case 'condition_buffer_usage_high':
    case 'condition_buffer_usage_low':
      return {
        kind: 'channel-buffer-usage',
        session: session(),
        ...besideUser(domainOfType(condition.oneOf('domain', DOMAIN_TYPES))),
        channel: condition.requiredText('channel_name'),
        comparison: kind === 'condition_buffer_usage_high' ? 'at-least' : 'at-most',
        threshold: thresholdOf(condition),
      };
    case 'condition_session_consumed_size':
      return { kind: 'session-consumed-size', session: session(), bytes: condition.requiredInteger('threshold_bytes') };
    case 'condition_session_rotation_ongoing':
      return { kind: 'session-rotation', session: session(), phase: 'starts' };
    case 'condition_session_rotation_completed':
      return { kind: 'session-rotation', session: session(), phase: 'finishes' };
    default:
      return node.refuse(`there is no condition ${kind}`);
  }
}

/** Events of rules that are not for user space, in words. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  event_rule_kernel_kprobe: 'probes of the kernel',
  event_rule_kernel_uprobe: 'user-space probes of the kernel',
  event_rule_kernel_syscall: 'system calls',
  event_rule_kernel_tracepoint: 'tracepoints of the kernel',
  event_rule_jul_logging: 'java.util.logging',
  event_rule_log4j_logging: 'log4j',
  event_rule_log4j2_logging: 'Log4j 2',
  event_rule_python_logging: 'Python loggers',
};

function ruleOf(node: XmlNode): Shape {
  const [kind, rule] = node.variant();
  if (Object.hasOwn(ELSEWHERE, kind)) throw new NotHere(`events of ${ELSEWHERE[kind]} are not supported`);
  if (kind !== 'event_rule_user_tracepoint') node.refuse(`there is no event rule ${kind}`);
  const filter = rule.text('filter_expression');
  const exclude = rule.child('name_pattern_exclusions')?.texts('name_pattern_exclusion') ?? [];
  const levels = rule.child('log_level_rule');
  return {
    pattern: rule.requiredText('name_pattern'),
    ...(filter !== undefined && { filter: filterHere(filter) }),
    ...(levels !== undefined && { logLevel: logLevelOf(levels) }),
    ...(exclude.length > 0 && { exclude }),
  };
}

function logLevelOf(node: XmlNode): Shape {
  const [kind, rule] = node.variant();
  const to = rule.requiredInteger('level');
  if (kind === 'log_level_rule_exactly') return { from: to, to };
  if (kind === 'log_level_rule_at_least_as_severe_as') return { from: 0, to };
  return node.refuse(`there is no rule of log levels ${kind}`);
}

function filterHere(filter: string): string {
  try {
    parseFilter(filter);
    return filter;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new NotHere(`the filter ${shown(filter)} is wrong: ${error.message} (column ${error.column})`);
  }
}

function captureHere(node: XmlNode): string {
  const capture = captureOf(node);
  if (fieldOf(capture) === undefined) throw new NotHere(`${shown(capture)} cannot be captured`);
  return capture;
}

/** A definition without a domain is about user space. */
function besideUser(domain: string | undefined): Shape {
  return domain === 'user' ? {} : { domain };
}

function thresholdOf(condition: XmlNode): Shape {
  const ratio = condition.word('threshold_ratio');
  const bytes = condition.text('threshold_bytes');
  if ((ratio === undefined) === (bytes === undefined)) {
    return condition.refuse('there must be one of threshold_bytes and threshold_ratio');
  }
  if (ratio === undefined) return { bytes: condition.requiredInteger('threshold_bytes') };
  return { ratio: /^[0-9]*\.?[0-9]+(e[-+]?[0-9]+)?$/i.test(ratio) ? Number(ratio) : ratio };
}

function actionsOf(node: XmlNode): Shape[] {
  const [kind, action] = node.variant();
  const onSession = (): Shape => ({ session: action.requiredText('session_name'), ratePolicy: policyOf(action) });
  switch (kind) {
    case 'action_list':
      return action.children('action').flatMap(actionsOf);
    case 'action_notify':
      return [{ kind: 'notify', ratePolicy: policyOf(action) }];
    case 'action_start_session':
      return [{ kind: 'start-session', ...onSession() }];
    case 'action_stop_session':
      return [{ kind: 'stop-session', ...onSession() }];
    case 'action_rotate_session':
      return [{ kind: 'rotate-session', ...onSession() }];
    case 'action_snapshot_session':
      return [{ kind: 'snapshot-session', ...onSession(), ...snapshotOf(action.child('output')) }];
    case 'action_increment_map_value':
      return [incrementOf(action)];
    default:
      return node.refuse(`there is no action ${kind}`);
  }
}

function policyOf(action: XmlNode): Shape {
  const node = action.requiredChild('rate_policy');
  const [kind, policy] = node.variant();
  if (kind === 'rate_policy_every_n') return { every: policy.requiredInteger('interval') };
  if (kind === 'rate_policy_once_after_n') return { onceAfter: policy.requiredInteger('threshold') };
  return node.refuse(`there is no rate policy ${kind}`);
}

/** The output of a snapshot; only a name and a limit where the session's own outputs are used. */
function snapshotOf(output: XmlNode | undefined): Shape {
  const name = output?.text('name') || null;
  const maxBytes = output?.integer('max_size', 0) || null;
  const url = output?.text('ctrl_url') ?? '';
  if (url === '') return { output: null, name, maxBytes };
  const path = url.startsWith('file://') ? url.slice('file://'.length) : url;
  if (!path.startsWith('/') || output?.text('data_url')) throw new NotHere(`snapshots cannot be sent to ${shown(url)}`);
  return { output: { name, path, maxBytes }, name: null, maxBytes: null };
}

function incrementOf(action: XmlNode): Shape {
  const key = action.requiredText('key_template');
  if (strayBraceIn(key) !== undefined) action.refuse(`the key_template ${key} has a brace that stands alone`);
  return {
    kind: 'increment',
    ratePolicy: EVERY_TIME,
    session: action.requiredText('session_name'),
    ...besideUser(action.oneOf('channel_type', ['user', 'kernel'])),
    map: action.requiredText('channel_name'),
    key,
  };
}
