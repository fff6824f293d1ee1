import { findings } from '@ringtail/analyses';
import { jsonText } from '@ringtail/base/text';
import type { Command } from 'commander';
import type { Context } from '../../context/context.ts';
import type { Outcome } from '../../program/command.ts';
import { analyzeTraces } from '../analyze-traces.ts';
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
  const { paths, data, format, layout, code } = await analyzeTraces(context, command, words, options, findings());
  const { stdout } = context;
  const isUtc = options.clockGmt === true;
  if (format === 'json') stdout.write(`${jsonText({ traces: paths, ...reportJson(data, paths) })}\n`);
  else if (format === 'markdown') stdout.write(reportMarkdown(data, paths, isUtc));
  else stdout.write(reportText(data, paths, { ...layout, isUtc }));
  return { code };
}
