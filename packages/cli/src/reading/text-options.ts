import {
  FdSink,
  type PrettyOptions,
  parseFields,
  parseNames,
  printPretty,
  printPrettyInJobs,
  type TextSink,
  type TraceReader,
} from '@ringtail/reader';
import { type Command, Option } from 'commander';
import type { Context, OutputStream } from '../context.ts';
import { CliError } from '../errors.ts';

const JOBS_MAX = 64;

export interface TextOptions {
  readonly clockGmt?: boolean;
  readonly clockCycles?: boolean;
  readonly clockDate?: boolean;
  readonly clockSeconds?: boolean;
  readonly color?: 'never' | 'auto' | 'always';
  readonly fields?: string;
  readonly names?: string;
  /** False with `--no-delta`. */
  readonly delta?: boolean;
  readonly jobs: number;
}

export function addTextOptions(command: Command): Command {
  return command
    .option('--clock-cycles', 'print clock values')
    .option('--clock-date', 'print dates')
    .option('--clock-seconds', 'print seconds since the origin')
    .addOption(new Option('--color <when>', 'colour the text').choices(['never', 'auto', 'always']).default('auto'))
    .option(
      '-f, --fields <list>',
      'print: all, trace, trace:hostname, trace:domain, trace:procname, trace:vpid, loglevel, emf',
    )
    .option('-n, --names <list>', 'print names of: payload, context, scope, header, all, none')
    .option('--no-delta', 'do not print the time since the event before')
    .option(
      '-j, --jobs <count>',
      'decode and print long traces with so many processes, where they allow it',
      parseJobs,
      1,
    );
}

function parseJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= JOBS_MAX) return jobs;
  throw new CliError('BAD_ARGUMENT', `"${text}" is no number of jobs`, `a whole number from 1 to ${JOBS_MAX}`);
}

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

/** Prints with the processes that were asked for. */
export async function printText(
  reader: TraceReader,
  output: TextSink,
  { jobs, pretty }: { readonly jobs: number; readonly pretty: PrettyOptions },
): Promise<void> {
  const options = { ...pretty, warnings: new FdSink(STDERR_FD) };
  if (jobs === 1) printPretty(reader, output, options);
  else await printPrettyInJobs(reader, output, { ...options, jobs });
}

function isColored({ env }: Context, output: OutputStream | undefined): boolean {
  return output?.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

function badList(option: string, text: string): CliError {
  return new CliError('BAD_ARGUMENT', `"${text}" is no list of names for ${option}`);
}
