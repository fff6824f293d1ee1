import { createHash } from 'node:crypto';
import { RootChoice, SpanTree, Telemetry, type TelemetryLog, type TelemetrySpan } from '@ringtail/analyses';
import { jsonText } from '@ringtail/base/text';
import { openTraces } from '@ringtail/reader';
import type { Command } from 'commander';
import { absolutePath, type Context } from '../../context/context.ts';
import { CliError } from '../../errors/cli-error.ts';
import { ExitCode } from '../../errors/exit-codes.ts';
import { outputFormatOf } from '../../options/common-options.ts';
import { plural, shellQuote } from '../../output/quantity.ts';
import { reportError, warn } from '../../output/report.ts';
import { styleFor } from '../../output/style.ts';
import type { Outcome } from '../../program/command.ts';
import { warnOfEmptySelection } from '../check-selection.ts';
import { openOptions } from '../open-options.ts';
import { tracesOf } from '../session-traces.ts';
import type { ViewOptions } from '../view-options.ts';
import { treeJson } from './tree-json.ts';
import { treeText } from './tree-text.ts';

/**
 * Draws one request, or one span where there are no requests, with everything that happened within it.
 *
 * The traces are read twice: to choose the span, and to collect what belongs to it.
 */
export async function showTree(
  context: Context,
  command: Command,
  words: readonly string[],
  options: ViewOptions,
): Promise<Outcome> {
  const format = outputFormatOf(command);
  if (format === 'mi') {
    throw new CliError('UNSUPPORTED', "LTTng's machine interface has no trees", 'write --output-format=json');
  }
  const other = options.follow ? '--follow' : options.viewer === undefined ? undefined : '--viewer';
  if (other !== undefined) {
    throw new CliError('BAD_ARGUMENT', `--tree cannot be used with ${other}`, 'leave one of the two out');
  }
  const paths =
    options.tracePath === undefined ? await tracesOf(context, words) : [absolutePath(context, options.tracePath)];
  let code: number = ExitCode.OK;
  const opening = openOptions(context, options, (error) => {
    // Reading goes on with the other data streams, which may be sound. The second reading meets the same errors.
    if (code === ExitCode.OK) reportError(context, format, error);
    code = ExitCode.ERROR;
  });
  const read = (onSpan: (span: TelemetrySpan) => void, onLog: (log: TelemetryLog) => void) => {
    const reader = openTraces(paths, opening);
    try {
      const hash = (text: string) => createHash('sha256').update(text).digest('hex');
      const telemetry = new Telemetry({ serviceName: undefined, hash, onSpan, onLog });
      for (const message of reader) telemetry.see(message);
      telemetry.finish();
      return reader.traces;
    } finally {
      reader.close();
    }
  };
  const choice = new RootChoice(options.request);
  const traces = read(
    (span) => choice.add(span),
    () => {},
  );
  warnOfEmptySelection(context, traces, options);
  const { root } = choice;
  if (root === undefined) throw nothingToDraw(options.request, paths);
  const tree = new SpanTree(root);
  read(
    (span) => tree.addSpan(span),
    (log) => tree.addLog(log),
  );
  const data = tree.data();
  if (data.leftOut > 0)
    warn(context, `${plural(data.leftOut, 'span or event', 'spans and events')} of the tree are left out`);
  const { stdout, env } = context;
  if (format === 'json') {
    stdout.write(`${jsonText({ traces: paths, candidates: choice.count, ...treeJson(data) })}\n`);
    return { code };
  }
  const width = stdout.isTTY === true ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  const layout = { width, style: styleFor(stdout, env), isUtc: options.clockGmt === true };
  stdout.write(treeText(data, { ...layout, candidates: choice.count }));
  return { code };
}

function nothingToDraw(request: string | undefined, paths: readonly string[]): CliError {
  const where = paths.map(shellQuote).join(' ');
  if (request !== undefined) {
    const names = `ringtail view ${where} --name 'node_http:server_request_begin'`;
    return new CliError(
      'NO_SUCH_REQUEST',
      `no request ${request} has ended in the trace`,
      `${names} shows all numbers`,
    );
  }
  return new CliError(
    'NO_SUCH_REQUEST',
    'the trace has no request and no pair of events, such as order_begin with order_end, that has ended',
    `ringtail view ${where} prints all events`,
  );
}
