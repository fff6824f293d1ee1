import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { addRetentionOptions } from '../options/retention-options.ts';
import type { Act } from '../program/command.ts';
import type { TracesOptions } from '../traces/traces-options.ts';

export function addTraces(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('traces')
    .description('list the traces in ringtail-traces at home, or remove some of them')
    .argument('[names...]', 'traces, also as patterns with * and ? (default: all)')
    .option('--remove', 'remove the named traces, or the traces that the following options choose')
    .option('--older-than <age>', 'only traces into which nothing was written for this time; with s, m, h, d or w')
    .option('--dry-run', 'with --remove: print what would be removed');
  addRetentionOptions(command, 'traces').addHelpText(
    'after',
    `
With --keep-age, --keep-count or --keep-size, the traces beyond these limits are listed, or removed with --remove. The
newest trace always stays.

A trace that is being recorded, or that Ringtail is reading, is never removed. Other readers are not seen.

Numbers of events with a ~ are projected from a part of the trace.

Examples:
  ringtail traces
  ringtail traces 'app-*' --older-than=7d
  ringtail traces --remove app-20261120-160449
  ringtail traces --remove --older-than=7d
  ringtail traces --remove --keep-count=20 --keep-size=10G`,
  );
  act(command, async (words: string[], options: TracesOptions) => {
    // Imported when needed, as for view.
    const { listTraces, removeChosen } = await import('../traces/trace-command.ts');
    return await (options.remove ? removeChosen : listTraces)(context, command, words, options);
  });
  return command;
}
