import type { ClockKind } from '@ringtail/protocol';
import { Argument, type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import type { OutputFormat } from '../output/report.ts';

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
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
