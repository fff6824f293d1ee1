import { describeError } from '@ringtail/base';
import { type FilterExpression, parseFilter } from '@ringtail/ctf';
import type { EventRule, TriggerAction, TriggerCondition, TriggerDefinition } from '@ringtail/protocol';
import { DaemonError } from '../daemon-error.ts';
import { RuleSet } from '../rule-set.ts';

const PLACEHOLDER = /\{(?:event_name|provider_name)\}/;
const PLACEHOLDERS = /\{(event_name|provider_name)\}/g;

/**
 * Refuses what cannot work, whatever applications and sessions there will be.
 *
 * @throws {DaemonError} `BAD_PARAMETER`, `BAD_FILTER`, `BAD_CAPTURE`
 */
export function checkDefinition({ condition, actions }: TriggerDefinition): void {
  if (actions.length === 0) throw new DaemonError('BAD_PARAMETER', 'a trigger has at least one action');
  const rule = ruleOf(condition);
  // What makes rules equal is found by reading all of them.
  if (rule !== undefined) RuleSet.keyOf(rule);
  if (condition.kind === 'event-rule-matches') for (const capture of condition.captures) checkCapture(capture);
  for (const action of actions) {
    if (action.kind !== 'increment' || isCountedAtEvent(condition, action) || !PLACEHOLDER.test(action.key)) continue;
    if (rule === undefined || onlyNameOf(rule) === undefined) {
      throw new DaemonError(
        'BAD_PARAMETER',
        `the key ${action.key} names an event: only events of a rule that are counted one by one have a name, or of a rule without a star`,
      );
    }
  }
}

/** The rule that a condition is about, if it is about events. */
export function ruleOf(condition: TriggerCondition): EventRule | undefined {
  return 'rule' in condition ? condition.rule : undefined;
}

/** Whether the session daemon has no part in an action, once its session and map are there. */
export function isCountedAtEvent(condition: TriggerCondition, action: TriggerAction): boolean {
  if (action.kind !== 'increment' || condition.kind !== 'event-rule-matches') return false;
  return 'every' in action.ratePolicy && action.ratePolicy.every === 1;
}

/** The key that the daemon adds to, the event's name being known from the rule. */
export function expandKey(template: string, condition: TriggerCondition): string {
  const rule = ruleOf(condition);
  const name = (rule && onlyNameOf(rule)) ?? '';
  return template.replace(PLACEHOLDERS, (_, what) =>
    what === 'event_name' ? name : name.slice(0, Math.max(name.indexOf(':'), 0)),
  );
}

/** The one event that a rule can take; undefined if its pattern has a star. */
function onlyNameOf({ pattern }: EventRule): string | undefined {
  return /(^|[^\\])\*/.test(pattern) ? undefined : pattern.replaceAll('\\*', '*');
}

/** A capture is what a filter may compare: a field, a context, an element of one. */
function checkCapture(capture: string): void {
  let expression: FilterExpression;
  try {
    expression = parseFilter(capture);
  } catch (error) {
    throw new DaemonError('BAD_CAPTURE', `the capture ${capture} is wrong: ${describeError(error)}`);
  }
  if (expression.kind === 'field') return;
  throw new DaemonError('BAD_CAPTURE', `${capture} cannot be captured: only fields and contexts can`);
}
