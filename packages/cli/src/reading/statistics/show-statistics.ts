import { runHandler, statistics } from '@ringtail/analyses';
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
import { requireField, warnOfEmptySelection } from '../check-selection.ts';
import { openOptions } from '../open-options.ts';
import { tracesOf } from '../session-traces.ts';
import { statisticsCsv } from './statistics-csv.ts';
import { statisticsJson } from './statistics-json.ts';
import { statisticsText } from './statistics-text.ts';
import type { StatsOptions } from './stats-options.ts';

/** Summarizes the traces that the arguments of `stats` name. */
export async function showStatistics(
  context: Context,
  command: Command,
  words: readonly string[],
  options: StatsOptions,
): Promise<Outcome> {
  const outputFormat = outputFormatOf(command);
  if (outputFormat === 'mi') {
    throw new CliError('UNSUPPORTED', "LTTng's machine interface has no stats", 'write --output-format=json');
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
  const { by, pairBy, slowest } = options;
  const handler = statistics({ by, pairBy, slowest });
  try {
    requireField(reader.traces, '--by', by);
    requireField(reader.traces, '--pair-by', pairBy);
    warnOfEmptySelection(context, reader.traces, options);
    runHandler(reader, handler);
  } finally {
    reader.close();
  }
  const data = handler.data();
  const { stdout } = context;
  if (format === 'json') stdout.write(`${jsonText({ traces: paths, ...statisticsJson(data) })}\n`);
  else if (format === 'csv') stdout.write(statisticsCsv(data));
  else {
    const width = stdout.isTTY === true ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
    stdout.write(statisticsText(data, { ...options, width, style: styleFor(stdout, context.env) }));
  }
  return { code };
}
