import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import { removeRemains, removeTraces } from '@ringtail/posix';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { hasRetention, parseAge, retentionOf } from '../options/retention-options.ts';
import { type OutputFormat, reportError, reportTo, warn } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';
import { runningSessions } from '../reading/session-traces.ts';
import { tracesDirectory } from '../session/trace-directory.ts';
import { describeTraces, sumOf } from './describe-traces.ts';
import { contentOf, type FoundTrace, type RecordedTrace, tracesIn } from './recorded-traces.ts';
import { selectTraces } from './select-traces.ts';
import type { TracesOptions } from './traces-options.ts';

/** Lists the chosen traces. */
export async function listTraces(
  context: Context,
  command: Command,
  words: readonly string[],
  options: TracesOptions,
): Promise<Outcome> {
  if (options.dryRun)
    throw new CliError('BAD_ARGUMENT', '--dry-run belongs to --remove', 'add --remove, or leave it out');
  const format = formatOf(command);
  const { directory, chosen } = await choose(context, words, options);
  const traces = chosen.map((trace) => ({ ...trace, content: contentOf(trace) }));
  const json = { directory, traces: traces.map(traceJson), bytes: bytesOf(traces) };
  reportTo(context, context.stdout, format, json, (style) =>
    traces.length === 0 ? `No traces in ${directory}` : describeTraces(style, directory, traces),
  );
  return { code: ExitCode.OK };
}

/**
 * Removes the chosen traces one by one. A named trace that is in use is a failure; without names, such traces are left
 * out with a warning.
 */
export async function removeChosen(
  context: Context,
  command: Command,
  words: readonly string[],
  options: TracesOptions,
): Promise<Outcome> {
  const format = formatOf(command);
  if (words.length === 0 && options.olderThan === undefined && !hasRetention(options)) {
    const hint =
      "ringtail traces --remove NAME…, --older-than=7d, or --keep-count=10; for all: ringtail traces --remove '*'";
    throw new CliError('BAD_ARGUMENT', 'name the traces to remove', hint);
  }
  const { directory, chosen } = await choose(context, words, options);
  let code: number = ExitCode.OK;
  const removed: FoundTrace[] = [];
  if (options.dryRun !== true) attempt(() => removeRemains(directory, {}));
  for (const trace of chosen) {
    const failure = options.dryRun ? inUse(trace) : remove(trace);
    if (failure === undefined) removed.push(trace);
    else if (failure.code === 'TRACE_IN_USE' && words.length === 0) warn(context, `${failure.describe()}: it stays`);
    else {
      reportError(context, format, failure);
      code = ExitCode.ERROR;
    }
  }
  const json = {
    directory,
    removed: removed.map(({ name, path, bytes }) => ({ name, path, bytes })),
    bytes: bytesOf(removed),
    dryRun: options.dryRun === true,
  };
  reportTo(context, context.stdout, format, json, () =>
    [
      ...removed.map(({ name }) => `${options.dryRun ? 'Would remove' : 'Removed'} ${name}`),
      removed.length === 0 ? 'No trace removed' : sumOf(removed),
    ].join('\n'),
  );
  return { code };
}

async function choose(
  context: Context,
  words: readonly string[],
  options: TracesOptions,
): Promise<{ readonly directory: string; readonly chosen: readonly FoundTrace[] }> {
  const choice = {
    words,
    olderThan: options.olderThan === undefined ? undefined : parseAge(options.olderThan),
    keep: hasRetention(options) ? retentionOf(context, options) : undefined,
  };
  const directory = tracesDirectory(context);
  const traces = tracesIn(directory, await runningSessions(context));
  return { directory, chosen: selectTraces(context, directory, traces, choice) };
}

/** @returns why the trace was not removed */
function remove(trace: FoundTrace): RingtailError | undefined {
  const used = inUse(trace);
  if (used !== undefined) return used;
  return attempt(() => {
    if (removeTraces(trace.path, {}) === 'being read')
      throw new CliError('TRACE_IN_USE', `${trace.name} is being read`);
  });
}

function inUse({ name, state, session }: FoundTrace): RingtailError | undefined {
  if (state !== 'recorded' && state !== 'open') return undefined;
  const what = session === null ? `${name} is being recorded` : `the session ${session} writes to ${name}`;
  const hint = session === null ? 'wait for its end' : `ringtail destroy ${session} ends the session`;
  return new CliError('TRACE_IN_USE', what, hint);
}

function attempt(action: () => void): RingtailError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof RingtailError) return error;
    if (errnoOf(error) === undefined) throw error;
    return new CliError('TRACE_NOT_REMOVED', describeError(error));
  }
}

function bytesOf(traces: readonly FoundTrace[]): number {
  return traces.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Times are nanoseconds and milliseconds since 1970; nanoseconds are text, as in the JSON of events. */
function traceJson({ content, writtenMs, ...trace }: RecordedTrace): Record<string, unknown> {
  const { beginNs, endNs, events, programs, problem } = content;
  return {
    ...trace,
    writtenAt: new Date(writtenMs).toISOString(),
    begin: beginNs?.toString() ?? null,
    end: endNs?.toString() ?? null,
    events: events && { count: events.count, exact: events.isExact },
    programs,
    problem,
  };
}

function formatOf(command: Command): OutputFormat {
  const format = outputFormatOf(command);
  if (format !== 'mi') return format;
  throw new CliError('UNSUPPORTED', "LTTng's machine interface has no traces", 'write --output-format=json');
}
