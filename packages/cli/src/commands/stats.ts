import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { parseCount } from '../options/quantity-options.ts';
import type { Act } from '../program/command.ts';
import { addReadingOptions } from '../reading/reading-options.ts';
import { STATISTICS_FORMATS, type StatsOptions } from '../reading/statistics/stats-options.ts';

export function addStats(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('stats')
    .description('summarize traces: counts and rates of events, quantiles of their numbers, durations of pairs')
    .argument(
      '[traces...]',
      'sessions, traces, or directories above traces (default: the current session, else the newest in ringtail-traces at home)',
    )
    .addOption(new Option('-o, --format <format>', 'output format').choices(STATISTICS_FORMATS).default('text'))
    .option('--by <field>', 'a row for each value of this field: NAME, $ctx.NAME or $app.PROVIDER:NAME')
    .option('--pair-by <field>', 'field that relates begins to ends, also of different processes')
    .option('--slowest <count>', 'number of slowest pairs that are shown with their fields', countOf('--slowest'), 3)
    .option('--limit <count>', 'rows in each table of --by; 0 shows all', countOf('--limit'), 10);
  addReadingOptions(command).addHelpText(
    'after',
    `
Pairs: X_begin with X_end, X_start with X_end or X_stop, X_entry with X_exit, X_enter with X_exit or X_leave. The first
field of both whose name ends with id, uuid, ticket, token, cookie, handle, key, seq or tag relates them, within one
process. Otherwise the thread relates them, or the data stream if events contain no thread.

Quantiles are exact for up to 4096 values. For more, they are marked with ~ and differ by at most 0.4 %.

Examples:
  ringtail stats
  ringtail stats my-session --name 'shop:request_*' --slowest 10
  ringtail stats /tmp/trace --by status
  ringtail stats /tmp/trace --filter 'duration_ms > 50' --by '$ctx.procname'
  ringtail stats /tmp/trace -o csv > stats.csv`,
  );
  act(command, async (words: string[], options: StatsOptions) => {
    // Imported when needed, as for view.
    const { showStatistics } = await import('../reading/statistics/show-statistics.ts');
    return await showStatistics(context, command, words, options);
  });
  return command;
}

function countOf(option: string): (text: string) => number {
  return (text) => parseCount(option, text, 0);
}
