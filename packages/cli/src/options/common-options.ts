import type { ClockKind } from '@ringtail/protocol';
import { Argument, type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import type { OutputFormat } from '../output/report.ts';

/** Collects the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/**
 * `a,b` as two names; a comma after a backslash is part of a name. Empty names are skipped, as in LTTng: scripts write
 * `a,b,`.
 *
 * @throws {CliError} `BAD_ARGUMENT` without any name
 */
export function splitNames(text: string): string[] {
  const names = text
    .split(/(?<!\\),/)
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('\\,', ','));
  if (names.length === 0) throw new CliError('BAD_ARGUMENT', `there is no name in "${text}"`);
  return names;
}

export function clockOption(): Option {
  return new Option('--clock <clock>', 'clock of the trace')
    .choices(['monotonic', 'tsc'] satisfies ClockKind[])
    .default('monotonic');
}

export function settingsOption(): Option {
  return new Option(
    '--settings <settings>',
    'recorded events: default (for production), profile (more detail), or a JSON file; repeatable',
  ).argParser(collect);
}

export function outputFormatOption(): Option {
  return new Option('--output-format <format>', 'format of the results').choices(['human', 'json']);
}

/** The output format, which may be given after the sub-command or before it. */
export function outputFormatOf(command: Command): OutputFormat {
  const options = command.optsWithGlobals() as { outputFormat?: OutputFormat; mi?: string };
  return options.outputFormat ?? (options.mi === 'xml' ? 'mi' : 'human');
}

/** Adds `-s`, which most commands have. */
export function addSessionOption(command: Command): Command {
  return command.option('-s, --session <session>', 'session (default: the current one)');
}

/** An argument that names an action, with its values for completion. The command itself refuses other values. */
export function actionArgument(name: string, words: readonly string[]): Argument {
  return Object.assign(new Argument(name, 'what to do'), { argChoices: [...words] });
}
