import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import type { Act } from '../program/command.ts';
import { addReadingOptions } from '../reading/reading-options.ts';
import { REPORT_FORMATS, type ReportOptions } from '../reading/report/report-options.ts';

export function addReport(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('report')
    .description('report slow requests and what happened during them, stalls, repeated calls and errors')
    .argument(
      '[traces...]',
      'sessions, traces, or directories above traces (default: the current session, else the newest in ringtail-traces at home)',
    )
    .addOption(new Option('-o, --format <format>', 'output format').choices(REPORT_FORMATS).default('text'));
  addReadingOptions(command).addHelpText(
    'after',
    `
Requests, calls to other hosts, stalls of the event loop and garbage collections come from the events of the Node.js
runtime. Pairs of a program's own events, such as order_begin with order_end, are operations. Each finding is followed
by the command that shows its events. docs/report.md has the rules and their thresholds.

Examples:
  ringtail report
  ringtail report my-session -o markdown > report.md
  ringtail report /tmp/trace --begin 10:00:00 --end 10:05:00
  ringtail report /tmp/trace --output-format=json`,
  );
  act(command, async (words: string[], options: ReportOptions) => {
    // Imported when needed, as for view.
    const { showReport } = await import('../reading/report/show-report.ts');
    return await showReport(context, command, words, options);
  });
  return command;
}
