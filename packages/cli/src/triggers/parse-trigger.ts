import { userNumber } from '@ringtail/posix/accounts';
import type { TriggerAction, TriggerCondition, TriggerDefinition } from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { actionOf } from './action-specs.ts';
import { conditionOf } from './condition-specs.ts';
import { duplicate, type SpecOption, SpecWords } from './spec-words.ts';

/** The trigger of `add-trigger`, with its owner. */
export interface AskedTrigger {
  readonly trigger: TriggerDefinition;
  /** null: the user of this process. */
  readonly ownerUid: number | null;
}

/** Options of the trigger itself, before the first part or after the options of a part. */
const OWN_OPTIONS: readonly SpecOption[] = [
  { long: 'condition' },
  { long: 'action' },
  { long: 'name' },
  { long: 'owner-uid' },
  { long: 'output-format' },
];

/**
 * Parses the words of `add-trigger` with LTTng's grammar: an option belongs to the condition or action before it if
 * that has such an option, else to the trigger.
 *
 * @param words the words after the command's name
 * @throws {CliError}
 */
export function parseTrigger(context: Context, words: readonly string[]): AskedTrigger {
  const spec = new SpecWords(words);
  const own = new Map<string, string>();
  let condition: TriggerCondition | undefined;
  const actions: TriggerAction[] = [];
  while (!spec.isAtEnd) {
    const taken = spec.option(OWN_OPTIONS);
    if (taken === undefined) throw spec.unknown();
    const { option, value } = taken;
    if (option.long === 'condition') {
      if (condition !== undefined) throw new CliError('BAD_ARGUMENT', 'A --condition was already given.');
      condition = conditionOf(context, value, spec);
    } else if (option.long === 'action') {
      actions.push(actionOf(context, value, spec));
    } else {
      if (own.has(option.long)) throw duplicate(option);
      own.set(option.long, value);
    }
  }
  if (condition === undefined)
    throw new CliError('BAD_ARGUMENT', 'Missing --condition.', 'ringtail help add-trigger names them');
  if (actions.length === 0) {
    throw new CliError(
      'BAD_ARGUMENT',
      'Need at least one --action.',
      'such as --action=notify; ringtail help add-trigger names them',
    );
  }
  const name = own.get('name') ?? null;
  if (name === '')
    throw new CliError('BAD_ARGUMENT', 'a trigger has a name: --name is empty', 'without --name one is chosen');
  return { trigger: { name, condition, actions }, ownerUid: ownerUidOf(own.get('owner-uid')) };
}

/** The number of a user, given as number or name. */
export function ownerUidOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const uid = /^\d{1,10}$/.test(text) ? Number(text) : userNumber(text);
  if (uid !== undefined && uid <= 0xffff_fffe) return uid;
  throw new CliError('NO_SUCH_USER', `Failed to parse \`${text}\` as a user id.`);
}
