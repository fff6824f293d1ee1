import { openTraces, printJson } from '@ringtail/reader';
import type { Command } from 'commander';
import { ExitCode } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { reportError } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';
import { absolutePath, type Context } from '../program/context.ts';
import { openOptions } from './open-options.ts';
import { Output } from './output.ts';
import { prettyOptions, printText } from './print-text.ts';
import type { ReadingOptions } from './reading-options.ts';
import { runViewer } from './run-viewer.ts';
import { tracesOf } from './session-traces.ts';
import type { TextOptions } from './text-options.ts';

export interface ViewOptions extends ReadingOptions, TextOptions {
  readonly viewer?: string;
  readonly tracePath?: string;
}

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
  if (options.viewer !== undefined) return await runViewer(context, options.viewer, paths);
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
    if (format === 'json') printJson(reader, output);
    else await printText(reader, output, { jobs: options.jobs, pretty });
  } finally {
    output.close();
    reader.close();
  }
  return { code };
}
