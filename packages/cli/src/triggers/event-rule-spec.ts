import type { EventRule } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';
import { parseLogLevel, parseLogLevels } from '../options/log-level.ts';
import { consistentRule } from '../options/rule-options.ts';
import { one, type SpecOption, type SpecPart } from './spec-words.ts';

/** The options that say which events. @see lttng-event-rule(7) */
export const EVENT_RULE_OPTIONS: readonly SpecOption[] = [
  { long: 'name', short: 'n' },
  { long: 'exclude-name', short: 'x', repeated: true },
  { long: 'log-level', short: 'l' },
  { long: 'filter', short: 'f' },
];

/** LTTng's further options of event rules: types of instrumentation points, and locations of kernel probes. */
export const INSTRUMENTATION_OPTIONS: readonly SpecOption[] = [
  { long: 'type', short: 't' },
  { long: 'location', short: 'L' },
  { long: 'event-name', short: 'E' },
];

const KERNEL_TYPE =
  /^(kernel(:tracepoint)?|(kernel:)?syscall(:entry|:exit|:entry\+exit)?|(kernel:)?kprobe|kernel:uprobe)$/;
const LOGGER_TYPE = /^(jul|log4j2?|python)(:logging)?$/;

/**
 * Checks that a rule is about events of Node.js programs.
 *
 * @throws {CliError} `BAD_ARGUMENT`; `UNSUPPORTED` for those of the kernel and of loggers
 */
export function requireUserTracepoints(part: SpecPart): void {
  const type = one(part, 'type');
  const hint = 'for Node.js programs: --type=user';
  if (type === undefined) throw new CliError('BAD_ARGUMENT', 'Event rule requires a --type.', hint);
  const other = KERNEL_TYPE.test(type)
    ? 'the kernel'
    : LOGGER_TYPE.test(type)
      ? 'loggers of Java and Python'
      : undefined;
  if (other !== undefined) {
    throw new CliError('UNSUPPORTED', `not supported yet: --type=${type}; triggers are not about ${other}`, hint);
  }
  if (type !== 'user' && type !== 'user:tracepoint') {
    throw new CliError('BAD_ARGUMENT', `Invalid \`--type\` value: ${type}`, hint);
  }
  for (const option of ['location', 'event-name']) {
    if (one(part, option) === undefined) continue;
    throw new CliError('BAD_ARGUMENT', `Can't use --${option} with user tracepoint event rules.`);
  }
}

/** @throws {CliError} `BAD_ARGUMENT`, `BAD_LOG_LEVEL`, `BAD_FILTER` with the column */
export function eventRuleOf(part: SpecPart): EventRule {
  const pattern = one(part, 'name') ?? '*';
  const exclude = part.values['exclude-name'] ?? [];
  const filter = one(part, 'filter');
  const logLevel = logLevelsOf(one(part, 'log-level'));
  if (pattern === '') throw new CliError('BAD_ARGUMENT', 'an event has a name: --name is empty');
  return consistentRule(pattern, { exclude, logLevel, filter });
}

/** `warning` is that level alone, `warning..` also all more severe levels, `..` all levels, `err..info` a range. */
function logLevelsOf(text: string | undefined): { from: number; to: number } | undefined {
  if (text === undefined || text === '..') return undefined;
  const [, least] = /^(.+)\.\.$/.exec(text) ?? [];
  if (least !== undefined) return { from: 0, to: parseLogLevel(least) };
  if (text.includes('..')) return parseLogLevels(text);
  const level = parseLogLevel(text);
  return { from: level, to: level };
}
