import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import type { Act } from '../program/command.ts';
import { addReadingOptions } from '../reading/reading-options.ts';
import { addTextOptions } from '../reading/text-options.ts';
import type { ViewOptions } from '../reading/view-options.ts';

export function addView(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('view')
    .description('print traces as text like babeltrace2, or with --output-format=json as one object a line')
    .argument(
      '[traces...]',
      'sessions, traces, or directories above traces (default: the current session, else the newest in ringtail-traces at home)',
    )
    .option('-t, --trace-path <dir>', 'trace to print, instead of the current session')
    .option('--follow', 'print the events of a session that is being recorded, until it stops')
    .option('--tree', 'draw the slowest request with everything that happened during it')
    .option('--request <id>', 'draw this request: a number of $app.node:request_id, or a trace ID of OpenTelemetry')
    .option(
      '-e, --viewer <command>',
      'another reader: a command, which gets the path of the trace as its last argument',
    );
  addTextOptions(addReadingOptions(command, { shortTimes: false })).addHelpText(
    'after',
    `
Examples:
  ringtail view
  ringtail view my-session
  ringtail view my-session --follow
  ringtail view my-session --tree
  ringtail view my-session --request 42
  ringtail view my-session --viewer='babeltrace2 --clock-date'
  ringtail view /tmp/trace --name 'shop:*' --clock-date
  ringtail view /tmp/trace --filter 'order_id == 7 && $ctx.procname == "node*"' --begin 14:03:20`,
  );
  act(command, async (words: string[], options: ViewOptions) => {
    // Imported when needed: it takes longer to load than all other commands together.
    if (options.tree || options.request !== undefined) {
      const { showTree } = await import('../reading/tree/show-tree.ts');
      return await showTree(context, command, words, options);
    }
    if (options.follow) {
      const { followSession } = await import('../reading/follow-session.ts');
      return await followSession(context, command, words, options);
    }
    const { viewTraces } = await import('../reading/view-traces.ts');
    return await viewTraces(context, command, words, options);
  });
  return command;
}
