import {
  FdSink,
  type PrettyOptions,
  parseFields,
  parseNames,
  printPrettyInJobs,
  type TextSink,
  type TraceReader,
} from '@ringtail/reader';
import type { Context } from '../context/context.ts';
import type { OutputStream } from '../context/visible-stream.ts';
import { CliError } from '../errors/cli-error.ts';
import { LossWarnings } from './loss-warnings.ts';
import type { TextOptions } from './text-options.ts';

/** @throws {CliError} `BAD_ARGUMENT` */
export function prettyOptions(context: Context, options: TextOptions, output: OutputStream | undefined): PrettyOptions {
  const names = options.names === undefined ? undefined : parseNames(options.names);
  if (options.names !== undefined && names === undefined) throw badList('--names', options.names);
  const fields = options.fields === undefined ? undefined : parseFields(options.fields);
  if (options.fields !== undefined && fields === undefined) throw badList('--fields', options.fields);
  return {
    utc: options.clockGmt,
    clockCycles: options.clockCycles,
    clockDate: options.clockDate,
    clockSeconds: options.clockSeconds,
    delta: options.delta,
    names,
    fields,
    colors: options.color === 'always' || (options.color !== 'never' && isColored(context, output)),
  };
}

const STDERR_FD = 2;

/** Prints with the given number of processes, or with as many as make printing faster. */
export async function printText(
  reader: TraceReader,
  output: TextSink,
  { jobs, warnings: which }: Pick<TextOptions, 'jobs' | 'warnings'>,
  pretty: PrettyOptions,
): Promise<void> {
  const warnings = new LossWarnings(new FdSink(STDERR_FD), which === 'all');
  try {
    await printPrettyInJobs(reader, output, { ...pretty, warnings, jobs });
  } finally {
    warnings.finish();
  }
}

function isColored({ env }: Context, output: OutputStream | undefined): boolean {
  return output?.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

function badList(option: string, text: string): CliError {
  return new CliError('BAD_ARGUMENT', `"${text}" is no list of names for ${option}`);
}
