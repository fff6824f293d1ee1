import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import type { Check, CheckState } from '../doctor/check.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { plural } from '../output/quantity.ts';
import { reportTo } from '../output/report.ts';
import type { Style } from '../output/style.ts';
import type { Act } from '../program/command.ts';

export function addDoctor(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('doctor')
    .description('check everything that recording depends on, with a fix for each problem')
    .addHelpText(
      'after',
      `
Exit codes: 0 nothing is wrong, 4 there are warnings, 1 there are problems.

Examples:
  ringtail doctor
  ringtail doctor --output-format=json`,
    );
  act(command, async () => {
    const format = outputFormatOf(command);
    if (format === 'mi') {
      throw new CliError('UNSUPPORTED', "LTTng's machine interface has no doctor", 'write --output-format=json');
    }
    // Imported when needed: it loads the tracer's system calls.
    const [{ examine }, { thisMachine }] = await Promise.all([
      import('../doctor/examine.ts'),
      import('../doctor/this-machine.ts'),
    ]);
    const checks = await examine(context, thisMachine(context));
    reportTo(context, context.stdout, format, { command: 'doctor', checks }, (style) => describe(style, checks));
    return { code: exitCode(checks) };
  });
  return command;
}

function exitCode(checks: readonly Check[]): number {
  if (count(checks, 'problem') > 0) return ExitCode.ERROR;
  return count(checks, 'warning') > 0 ? ExitCode.WARNING : ExitCode.OK;
}

function count(checks: readonly Check[], state: CheckState): number {
  return checks.filter((check) => check.state === state).length;
}

function describe(style: Style, checks: readonly Check[]): string {
  const paint = { ok: style.green, warning: style.yellow, problem: style.red };
  const lines = checks.flatMap(({ name, state, what, fix }) => [
    `${paint[state](state.padEnd(8))} ${style.bold(name)}: ${what}`,
    ...(fix === null ? [] : [`         ${style.cyan('fix:')} ${fix}`]),
  ]);
  const [problems, warnings] = [count(checks, 'problem'), count(checks, 'warning')];
  const sum =
    problems + warnings === 0 ? 'Nothing is wrong.' : `${plural(problems, 'problem')}, ${plural(warnings, 'warning')}.`;
  return [...lines, '', sum].join('\n');
}
