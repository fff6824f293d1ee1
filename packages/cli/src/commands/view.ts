import { openTraces, printJson } from '@ringtail/reader';
import type { Command } from 'commander';
import type { Act, Outcome } from '../cli.ts';
import { type Context, reportError } from '../context.ts';
import { ExitCode } from '../errors.ts';
import { outputFormatOf } from '../options.ts';
import { Output } from '../reading/output.ts';
import { addReadingOptions, openOptions, type ReadingOptions, tracePaths } from '../reading/reading-options.ts';
import { addTextOptions, prettyOptions, printText, type TextOptions } from '../reading/text-options.ts';

export function addView(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('view')
    .description('print traces as text, as babeltrace2 does; with --output-format=json one object a line')
    .argument('[paths...]', 'traces, or directories above traces (default: the newest in ringtail-traces at home)');
  addTextOptions(addReadingOptions(command)).addHelpText(
    'after',
    `
Examples:
  ringtail view
  ringtail view /tmp/trace --name 'shop:*' --clock-date
  ringtail view /tmp/trace --filter 'order_id == 7 && $ctx.procname == "node*"' --begin 14:03:20`,
  );
  act(command, async (paths: string[], options: ReadingOptions & TextOptions): Promise<Outcome> => {
    const format = outputFormatOf(command);
    let code: number = ExitCode.OK;
    const opening = openOptions(options, (error) => {
      // The other data streams may be sound; they go on.
      reportError(context, format, error);
      code = ExitCode.ERROR;
    });
    const pretty = prettyOptions(context, options, context.stdout);
    const reader = openTraces(tracePaths(context, paths), opening);
    const output = new Output(context, undefined);
    try {
      if (format === 'json') printJson(reader, output);
      else await printText(reader, output, { jobs: options.jobs, pretty });
    } finally {
      output.close();
      reader.close();
    }
    return { code };
  });
  return command;
}
