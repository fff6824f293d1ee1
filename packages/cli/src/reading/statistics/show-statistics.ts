import { statistics } from '@ringtail/analyses';
import { jsonText } from '@ringtail/base/text';
import type { Command } from 'commander';
import type { Context } from '../../context/context.ts';
import type { Outcome } from '../../program/command.ts';
import { analyzeTraces } from '../analyze-traces.ts';
import { requireField } from '../check-selection.ts';
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
  const { by, pairBy, slowest } = options;
  const handler = statistics({ by, pairBy, slowest });
  const analyzed = await analyzeTraces(context, command, words, options, handler, (traces) => {
    requireField(traces, '--by', by);
    requireField(traces, '--pair-by', pairBy);
  });
  const { paths, data, format, layout, code } = analyzed;
  const { stdout } = context;
  if (format === 'json') stdout.write(`${jsonText({ traces: paths, ...statisticsJson(data) })}\n`);
  else if (format === 'csv') stdout.write(statisticsCsv(data));
  else stdout.write(statisticsText(data, { ...options, ...layout }));
  return { code };
}
