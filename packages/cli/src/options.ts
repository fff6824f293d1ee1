import { type ClockKind, type EventRule, matchesPattern } from '@ringtail/protocol';
import { Argument, type Command, CommanderError, Option } from 'commander';
import type { OutputFormat } from './context.ts';
import { CliError } from './errors.ts';
import { checkFilter } from './filter.ts';
import { parseLogLevel, parseLogLevels } from './log-level.ts';

/** Mistakes that LTTng exits with 2 for; other misuse (a missing argument, a bad value) is an error of the command. */
const UNDEFINED_CODES: ReadonlySet<string> = new Set([
  'commander.unknownCommand',
  'commander.unknownOption',
  'commander.optionMissingArgument',
]);

/** Whether a command line says what there is not, or leaves an option without its argument. */
export function isUndefined({ code }: CommanderError): boolean {
  return UNDEFINED_CODES.has(code);
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/**
 * Reads options as LTTng's newer commands do: one that is given twice is refused, for one of its values is a mistake, and one that
 * there is not is an error of the command. Options that `collect` values and flags may be repeated. To be called when the command has
 * all its options.
 */
export function readOptionsAsArgpar(command: Command): void {
  exitAsArgpar(command);
  for (const option of command.options) {
    if (option.parseArg === collect || option.isBoolean()) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) command.error(`error: Option \`${option.long}\` specified more than once`);
      isGiven = true;
    });
  }
}

/** As LTTng's newer commands, and its options before the command: what is wrong with the options is an error like any other. */
export function exitAsArgpar(command: Command): void {
  command.exitOverride((error) => {
    throw isUndefined(error) && error.code !== 'commander.unknownCommand'
      ? new CommanderError(1, 'ringtail.badOption', error.message)
      : error;
  });
}

/**
 * `a,b` as two names; a comma after a backslash is part of the name. Empty names are passed over, as by LTTng: scripts write `a,b,`.
 *
 * @throws {CliError} `BAD_ARGUMENT` where there is no name at all
 */
export function splitNames(text: string): string[] {
  const names = text
    .split(/(?<!\\),/)
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('\\,', ','));
  if (names.length === 0) throw new CliError('BAD_ARGUMENT', `there is no name in "${text}"`);
  return names;
}

export interface RuleOptions {
  readonly loglevel?: string;
  readonly loglevelOnly?: string;
  readonly exclude?: readonly string[];
  readonly filter?: string;
}

/**
 * The rule that records events called `pattern`, with what the options say of log levels, exclusions and a filter.
 *
 * @throws {CliError} `BAD_ARGUMENT`, `BAD_LOG_LEVEL`, `BAD_FILTER`
 */
export function eventRule(pattern: string, options: RuleOptions): EventRule {
  const { loglevel, loglevelOnly, filter } = options;
  if (loglevel !== undefined && loglevelOnly !== undefined) {
    throw new CliError('BAD_ARGUMENT', 'give either --loglevel or --loglevel-only');
  }
  const logLevel = loglevel !== undefined ? parseLogLevels(loglevel) : exactly(loglevelOnly);
  return consistentRule(pattern, { exclude: (options.exclude ?? []).flatMap(splitNames), logLevel, filter });
}

/**
 * The rule of these parts.
 *
 * @throws {CliError} `BAD_ARGUMENT` for exclusions that leave nothing, `BAD_FILTER` with the column
 */
export function consistentRule(
  pattern: string,
  parts: {
    readonly exclude: readonly string[];
    readonly logLevel: EventRule['logLevel'] | undefined;
    readonly filter: string | undefined;
  },
): EventRule {
  const { exclude, logLevel, filter } = parts;
  if (exclude.length > 0 && !pattern.includes('*')) {
    throw new CliError('BAD_ARGUMENT', `Event ${pattern}: Exclusions can only be used with a globbing pattern`);
  }
  const everything = exclude.find((excluded) => matchesPattern(excluded, pattern));
  if (everything !== undefined) {
    throw new CliError('BAD_ARGUMENT', `Event ${pattern}: ${everything} excludes all events from ${pattern}`);
  }
  if (filter !== undefined) checkFilter(filter);
  return {
    pattern,
    ...(exclude.length > 0 && { exclude }),
    ...(logLevel !== undefined && { logLevel }),
    ...(filter !== undefined && { filter }),
  };
}

function exactly(text: string | undefined): EventRule['logLevel'] | undefined {
  if (text === undefined) return undefined;
  const level = parseLogLevel(text);
  return { from: level, to: level };
}

export function clockOption(): Option {
  return new Option('--clock <clock>', 'clock of the trace')
    .choices(['monotonic', 'tsc'] satisfies ClockKind[])
    .default('monotonic');
}

export function outputFormatOption(): Option {
  return new Option('--output-format <format>', 'what results are written as').choices(['human', 'json']);
}

/** The format asked for, after the sub-command or before it. */
export function outputFormatOf(command: Command): OutputFormat {
  const options = command.optsWithGlobals() as { outputFormat?: OutputFormat; mi?: string };
  return options.outputFormat ?? (options.mi === 'xml' ? 'mi' : 'human');
}

/** `-s`, as most commands have it. */
export function addSessionOption(command: Command): Command {
  return command.option('-s, --session <session>', 'session (default: the current one)');
}

/** An argument that says what to do, in one of these words; the command itself refuses others. */
export function actionArgument(name: string, words: readonly string[]): Argument {
  return Object.assign(new Argument(name, 'what to do'), { argChoices: [...words] });
}
