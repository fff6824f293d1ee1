import { openTraces, printJson } from '@ringtail/reader';
import type { Command } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { reportError } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';
import { warnOfEmptySelection } from './check-selection.ts';
import { openOptions } from './open-options.ts';
import { Output } from './output.ts';
import { prettyOptions, printText } from './print-text.ts';
import { runViewer } from './run-viewer.ts';
import { tracesOf } from './session-traces.ts';
import type { ViewOptions } from './view-options.ts';

/** Prints the traces that the arguments of `view` name. */
export async function viewTraces(
  context: Context,
  command: Command,
  words: readonly string[],
  options: ViewOptions,
): Promise<Outcome> {
  const format = outputFormatOf(command);
  const paths =
    options.tracePath === undefined ? await tracesOf(context, words) : [absolutePath(context, options.tracePath)];
  if (options.viewer !== undefined) {
    refuseOptionsOfOurReader(command);
    return await runViewer(context, options.viewer, paths);
  }
  let code: number = ExitCode.OK;
  const opening = openOptions(context, options, (error) => {
    // Reading goes on with the other data streams, which may be sound.
    reportError(context, format, error);
    code = ExitCode.ERROR;
  });
  const pretty = prettyOptions(context, options, context.stdout);
  const reader = openTraces(paths, opening);
  const output = new Output(context, undefined);
  try {
    warnOfEmptySelection(context, reader.traces, options);
    if (format === 'json') printJson(reader, output);
    else await printText(reader, output, options, pretty);
  } finally {
    output.close();
    reader.close();
  }
  return { code };
}

/** Options of `view` that concern another reader too. */
const VIEWER_OPTIONS = ['viewer', 'tracePath', 'outputFormat'];

/**
 * Refuses options that the other reader would not receive.
 *
 * @throws {CliError} `BAD_ARGUMENT`
 */
function refuseOptionsOfOurReader(command: Command): void {
  const ignored = command.options.find(
    (option) =>
      !VIEWER_OPTIONS.includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (ignored === undefined) return;
  throw new CliError(
    'BAD_ARGUMENT',
    `${ignored.long} concerns Ringtail's own reader, and --viewer runs another one`,
    `leave one of the two out, or write the options of the other reader with it: --viewer='babeltrace2 --names=all'`,
  );
}
