import { didYouMean } from '@ringtail/base/text';
import { contextNames, type EventRule, eventRule as eventRuleShape, ShapeError } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';
import { parseLogLevels } from '../options/log-level.ts';
import { consistentRule } from '../options/rule-options.ts';

/** What a recording records. */
export interface RecordingSettings {
  readonly rules: readonly EventRule[];
  /** Context fields of all events. */
  readonly contexts: readonly string[];
}

type JsonObject = Readonly<Record<string, unknown>>;

const RULES_MAX = 256;
const KEYS = ['$schema', 'description', 'contexts', 'rules'] as const;
const RULE_KEYS = ['pattern', 'logLevel', 'exclude', 'filter'] as const;

/**
 * The settings in the text of a settings file, as `settings/schema.json` describes it.
 *
 * @throws {CliError} `BAD_SETTINGS`, with the place in the text: `rules[2].logLevel: …`
 */
export function parseSettings(text: string): RecordingSettings {
  const settings = objectAt(parseJson(text), 'settings', KEYS);
  const { contexts, rules, $schema, description } = settings;
  for (const [name, value] of Object.entries({ $schema, description })) {
    if (value !== undefined && typeof value !== 'string') refuse(`${name} must be a text`);
  }
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > RULES_MAX) {
    refuse(`rules must be an array of 1 to ${RULES_MAX} elements`);
  }
  return {
    rules: rules.map((rule, i) => ruleAt(rule, `rules[${i}]`)),
    contexts: contexts === undefined ? [] : at('', () => contextNames(contexts, 'contexts', 'all')),
  };
}

function ruleAt(value: unknown, place: string): EventRule {
  const { logLevel, ...rule } = objectAt(value, place, RULE_KEYS);
  if (logLevel !== undefined && typeof logLevel !== 'string') refuse(`${place}.logLevel must be a text`);
  const levels = logLevel === undefined ? undefined : at(`${place}.logLevel: `, () => parseLogLevels(logLevel));
  return at(`${place}.`, () => {
    const { pattern, exclude = [], filter } = eventRuleShape(rule, 'rule', 'all');
    return at(`${place}: `, () => consistentRule(pattern, { exclude, logLevel: levels, filter }));
  });
}

/** Does it, with the place in front of the messages of its errors. */
function at<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ShapeError || (error instanceof CliError && error.code !== 'BAD_SETTINGS')) {
      refuse(`${place}${error.describe()}`, error instanceof CliError ? error.hint : undefined);
    }
    throw error;
  }
}

function objectAt(value: unknown, place: string, keys: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`${place} must be an object`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown === undefined) return value as JsonObject;
  return refuse(`${place} has the unknown key "${unknown}"`, `${didYouMean(unknown, keys)}known: ${keys.join(', ')}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    // Newer versions of Node.js add line and column.
    const reason = message.replace(/ in JSON at position .*/, '');
    return refuse(`${position === undefined ? '' : `${lineAndColumn(text, Number(position))}: `}no JSON: ${reason}`);
  }
}

function lineAndColumn(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}

function refuse(message: string, hint?: string): never {
  throw new CliError('BAD_SETTINGS', message, hint);
}
