import { basename, dirname } from 'node:path';
import { didYouMean } from '@ringtail/base/text';
import { excess, type Retention } from '@ringtail/protocol';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { matchesShellPattern } from '../session/shell-pattern.ts';
import type { FoundTrace } from './recorded-traces.ts';

export interface TraceChoice {
  /** Names, patterns, or paths of traces; empty means all. */
  readonly words: readonly string[];
  /** Least age in seconds since the last write; undefined means any. */
  readonly olderThan: number | undefined;
  /** The traces beyond these limits are chosen; undefined chooses all. */
  readonly keep: Retention | undefined;
}

/**
 * The chosen traces, in the same order.
 *
 * @param directory in which the traces are; a name cannot lead out of it
 * @throws {CliError} `NO_TRACE`, `BAD_ARGUMENT` for a path to another directory
 */
export function selectTraces(
  context: Context,
  directory: string,
  traces: readonly FoundTrace[],
  { words, olderThan, keep }: TraceChoice,
): FoundTrace[] {
  const nowMs = context.now().getTime();
  const named =
    words.length === 0
      ? new Set(traces)
      : new Set(words.flatMap((word) => tracesNamed(context, directory, traces, word)));
  const completed = traces.map((trace) => ({ ...trace, trace, completedMs: trace.writtenMs }));
  const beyond = keep && new Set(excess(completed, keep, nowMs).map(({ trace }) => trace));
  return traces.filter(
    (trace) =>
      named.has(trace) &&
      (olderThan === undefined || nowMs - trace.writtenMs > olderThan * 1000) &&
      (beyond === undefined || beyond.has(trace)),
  );
}

function tracesNamed(
  context: Context,
  directory: string,
  traces: readonly FoundTrace[],
  word: string,
): readonly FoundTrace[] {
  const name = nameIn(context, directory, word);
  const exact = traces.find((trace) => trace.name === name);
  if (exact !== undefined) return [exact];
  const matching = /[*?[]/.test(name) ? traces.filter((trace) => matchesShellPattern(name, trace.name)) : [];
  if (matching.length > 0) return matching;
  throw new CliError(
    'NO_TRACE',
    `there is no trace "${name}" in ${directory}`,
    `${didYouMean(
      name,
      traces.map((trace) => trace.name),
    )}ringtail traces lists them`,
  );
}

/** A name, or the path of a directory in the directory of traces, as listings print it. */
function nameIn(context: Context, directory: string, word: string): string {
  if (!word.includes('/')) return word;
  const path = absolutePath(context, word);
  if (dirname(path) === directory) return basename(path);
  throw new CliError(
    'BAD_ARGUMENT',
    `${word} is not in ${directory}`,
    `name traces of ${directory} only; rm -r removes others`,
  );
}
