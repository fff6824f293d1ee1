import { describeError } from '@ringtail/base';
import { type FilterExpression, parseFilter } from '@ringtail/ctf';
import {
  type DomainName,
  type EventRule,
  expandKeyTemplate,
  nameOfPattern,
  namesEvent,
  strayBraceIn,
  type TriggerAction,
  type TriggerCondition,
  type TriggerDefinition,
} from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';
import { RuleSet } from '../model/rule-set.ts';

/**
 * Refuses a definition that no application or session can make work.
 *
 * @throws {DaemonError} `BAD_PARAMETER`, `BAD_FILTER`, `BAD_CAPTURE`
 */
export function checkDefinition({ condition, actions }: TriggerDefinition): void {
  if (actions.length === 0) throw new DaemonError('BAD_PARAMETER', 'a trigger has at least one action');
  const rule = ruleOf(condition);
  // The key of a rule parses its patterns and its filter.
  if (rule !== undefined) RuleSet.keyOf(rule);
  if (condition.kind === 'event-rule-matches') for (const capture of condition.captures) checkCapture(capture);
  for (const action of actions) {
    if (action.kind !== 'increment') continue;
    checkKey(action.key);
    if (isCountedAtEvent(condition, action) || !namesEvent(action.key)) continue;
    if (rule === undefined || nameOfPattern(rule.pattern) === undefined) {
      throw new DaemonError(
        'BAD_PARAMETER',
        `the key ${action.key} names an event: only events of a rule that are counted one by one have a name, or of a rule without a star`,
      );
    }
  }
}

/** The domains whose channels and maps a definition names. */
export function domainsOf({ condition, actions }: TriggerDefinition): DomainName[] {
  return [condition, ...actions].flatMap((part) => ('domain' in part && part.domain) || []);
}

/** The rule that a condition is about, if it is about events. */
export function ruleOf(condition: TriggerCondition): EventRule | undefined {
  return 'rule' in condition ? condition.rule : undefined;
}

/** Whether applications carry the action out alone, once its session and map exist. */
export function isCountedAtEvent(condition: TriggerCondition, action: TriggerAction): boolean {
  if (action.kind !== 'increment' || condition.kind !== 'event-rule-matches') return false;
  return 'every' in action.ratePolicy && action.ratePolicy.every === 1;
}

/** The key that the daemon adds to. The name of the event comes from the rule. */
export function expandKey(template: string, condition: TriggerCondition): string {
  const rule = ruleOf(condition);
  return expandKeyTemplate(template, (rule && nameOfPattern(rule.pattern)) ?? '');
}

function checkKey(template: string): void {
  const stray = strayBraceIn(template);
  if (stray === undefined) return;
  throw new DaemonError(
    'BAD_PARAMETER',
    `the key ${template} is wrong at ${stray}: a brace is written twice, but for {event_name} and {provider_name}`,
  );
}

/** A capture is an operand of a filter: a field, a context, or an element of one. */
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
