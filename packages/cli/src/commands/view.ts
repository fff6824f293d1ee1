import { resolve } from 'node:path';
import { openTraces, printJson } from '@ringtail/reader';
import type { Command } from 'commander';
import type { Act, Outcome } from '../cli.ts';
import { type Context, reportError } from '../context.ts';
import { ExitCode } from '../errors.ts';
import { outputFormatOf } from '../options.ts';
import { Output } from '../reading/output.ts';
import { addReadingOptions, openOptions, type ReadingOptions } from '../reading/reading-options.ts';
import { runViewer } from '../reading/run-viewer.ts';
import { tracesOf } from '../reading/session-traces.ts';
import { addTextOptions, prettyOptions, printText, type TextOptions } from '../reading/text-options.ts';

interface ViewOptions extends ReadingOptions, TextOptions {
  readonly viewer?: string;
  readonly tracePath?: string;
}

export function addView(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('view')
    .description('print traces as text, as babeltrace2 does; with --output-format=json one object a line')
    .argument(
      '[traces...]',
      'sessions, traces, or directories above traces (default: the current session, else the newest in ringtail-traces at home)',
    )
    .option('-t, --trace-path <dir>', 'this trace, whatever the current session is')
    .option('-e, --viewer <command>', 'read with this command instead: its words, then the path of the trace');
  addTextOptions(addReadingOptions(command, { shortTimes: false })).addHelpText(
    'after',
    `
Examples:
  ringtail view
  ringtail view my-session
  ringtail view my-session --viewer='babeltrace2 --clock-date'
  ringtail view /tmp/trace --name 'shop:*' --clock-date
  ringtail view /tmp/trace --filter 'order_id == 7 && $ctx.procname == "node*"' --begin 14:03:20`,
  );
  act(command, async (words: string[], options: ViewOptions): Promise<Outcome> => {
    const format = outputFormatOf(command);
    const paths =
      options.tracePath === undefined ? await tracesOf(context, words) : [resolve(context.cwd, options.tracePath)];
    if (options.viewer !== undefined) return await runViewer(context, options.viewer, paths);
    let code: number = ExitCode.OK;
    const opening = openOptions(options, (error) => {
      // The other data streams may be sound; they go on.
      reportError(context, format, error);
      code = ExitCode.ERROR;
    });
    const pretty = prettyOptions(context, options, context.stdout);
    const reader = openTraces(paths, opening);
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
