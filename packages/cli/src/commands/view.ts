import { resolve } from 'node:path';
import type { RingtailError } from '@ringtail/base';
import { eventJson, FdSink, openTraces, printPretty, type TraceReader } from '@ringtail/reader';
import type { Command } from 'commander';
import type { Act, Outcome } from '../cli.ts';
import { type Context, reportError } from '../context.ts';
import { ExitCode } from '../errors.ts';
import { outputFormatOf } from '../options.ts';
import { lastTrace } from '../trace-directory.ts';

const STDOUT_FD = 1;
const STDERR_FD = 2;

export function addView(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('view')
    .description('print a trace as text, as babeltrace2 does; with --output-format=json one object a line')
    .argument('[path]', 'trace, or a directory above traces (default: the newest in ringtail-traces at home)')
    .addHelpText('after', "\nExamples:\n  ringtail view\n  ringtail view /tmp/trace | grep 'shop:payment' | less");
  act(command, (path: string | undefined): Outcome => {
    const format = outputFormatOf(command);
    let code: number = ExitCode.OK;
    const onError = (error: RingtailError): void => {
      // The other data streams may be sound; they go on.
      reportError(context, format, error);
      code = ExitCode.ERROR;
    };
    const reader = openTraces(path === undefined ? lastTrace(context) : resolve(context.cwd, path), { onError });
    try {
      if (format === 'json') printJson(reader);
      else printPretty(reader, new FdSink(STDOUT_FD), { warnings: new FdSink(STDERR_FD) });
    } finally {
      reader.close();
    }
    return { code };
  });
  return command;
}

/** One line of JSON for each event. */
function printJson(reader: TraceReader): void {
  const sink = new FdSink(STDOUT_FD);
  for (const message of reader) {
    if (message.kind === 'event' && !sink.write(`${JSON.stringify(eventJson(message))}\n`)) return;
  }
}
