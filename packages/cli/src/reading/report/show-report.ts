import { findings, runHandler } from '@ringtail/analyses';
import { jsonText } from '@ringtail/base/text';
import { openTraces } from '@ringtail/reader';
import type { Command } from 'commander';
import { CliError } from '../../errors/cli-error.ts';
import { ExitCode } from '../../errors/exit-codes.ts';
import { outputFormatOf } from '../../options/common-options.ts';
import { reportError } from '../../output/report.ts';
import { styleFor } from '../../output/style.ts';
import type { Outcome } from '../../program/command.ts';
import type { Context } from '../../program/context.ts';
import { warnOfEmptySelection } from '../check-selection.ts';
import { openOptions } from '../open-options.ts';
import { tracesOf } from '../session-traces.ts';
import { reportJson } from './report-json.ts';
import { reportMarkdown } from './report-markdown.ts';
import type { ReportOptions } from './report-options.ts';
import { reportText } from './report-text.ts';

/** Reports what a person would look for first in the traces that the arguments of `report` name. */
export async function showReport(
  context: Context,
  command: Command,
  words: readonly string[],
  options: ReportOptions,
): Promise<Outcome> {
  const outputFormat = outputFormatOf(command);
  if (outputFormat === 'mi') {
    throw new CliError('UNSUPPORTED', "LTTng's machine interface has no report", 'write --output-format=json');
  }
  const format = outputFormat === 'json' ? 'json' : options.format;
  const paths = await tracesOf(context, words);
  let code: number = ExitCode.OK;
  const opening = openOptions(context, options, (error) => {
    // Reading goes on with the other data streams, which may be sound.
    reportError(context, outputFormat, error);
    code = ExitCode.ERROR;
  });
  const reader = openTraces(paths, opening);
  const handler = findings();
  try {
    warnOfEmptySelection(context, reader.traces, options);
    runHandler(reader, handler);
  } finally {
    reader.close();
  }
  const data = handler.data();
  const { stdout } = context;
  if (format === 'json') stdout.write(`${jsonText({ traces: paths, ...reportJson(data, paths) })}\n`);
  else if (format === 'markdown') stdout.write(reportMarkdown(data, paths, options.clockGmt === true));
  else {
    const width = stdout.isTTY === true ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
    const style = styleFor(stdout, context.env);
    stdout.write(reportText(data, paths, { width, style, isUtc: options.clockGmt === true }));
  }
  return { code };
}
