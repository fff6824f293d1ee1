import { type Handler, runHandler } from '@ringtail/analyses';
import { openTraces, type TraceReader } from '@ringtail/reader';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { reportError } from '../output/report.ts';
import { styleFor } from '../output/style.ts';
import { warnOfEmptySelection } from './check-selection.ts';
import { openOptions } from './open-options.ts';
import type { ReadingOptions } from './reading-options.ts';
import { tracesOf } from './session-traces.ts';

/**
 * Analyses the traces that the arguments of a command name.
 *
 * @param check refuses options that do not fit the traces
 * @returns the data, the form to print it in, and the exit code: an error if a part could not be read
 * @throws {CliError} `UNSUPPORTED` for the machine interface
 */
export async function analyzeTraces<Data, Format>(
  context: Context,
  command: Command,
  words: readonly string[],
  options: ReadingOptions & { readonly format: Format },
  handler: Handler<unknown, Data>,
  check?: (traces: TraceReader['traces']) => void,
) {
  const outputFormat = outputFormatOf(command);
  if (outputFormat === 'mi') {
    throw new CliError(
      'UNSUPPORTED',
      `LTTng's machine interface has no ${command.name()}`,
      'write --output-format=json',
    );
  }
  const paths = await tracesOf(context, words);
  let code: number = ExitCode.OK;
  const opening = openOptions(context, options, (error) => {
    // Reading goes on with the other data streams, which may be sound.
    reportError(context, outputFormat, error);
    code = ExitCode.ERROR;
  });
  const reader = openTraces(paths, opening);
  try {
    check?.(reader.traces);
    warnOfEmptySelection(context, reader.traces, options);
    runHandler(reader, handler);
  } finally {
    reader.close();
  }
  const { stdout, env } = context;
  const width = stdout.isTTY === true ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  const format = outputFormat === 'json' ? outputFormat : options.format;
  return { paths, data: handler.data(), format, layout: { width, style: styleFor(stdout, env) }, code };
}
