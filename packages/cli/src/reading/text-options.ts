import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';

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
  readonly warnings?: 'all' | 'sum';
  /** Absent: as many as make printing faster. */
  readonly jobs?: number;
}

export function addTextOptions(command: Command): Command {
  return command
    .option('--clock-cycles', 'print clock values')
    .option('--clock-date', 'print dates')
    .option('--clock-seconds', 'print seconds since the origin')
    .addOption(new Option('--color <when>', 'colour the text').choices(['never', 'auto', 'always']).default('auto'))
    .option(
      '-f, --fields <list>',
      'printed fields: all, trace, trace:hostname, trace:domain, trace:procname, trace:vpid, loglevel, emf',
    )
    .option('-n, --names <list>', 'printed names: payload, context, scope, header, all, none')
    .option('--no-delta', 'do not print the time since the previous event')
    .addOption(
      new Option('--warnings <which>', 'warnings about lost events: the first one and the sum, or all of them')
        .choices(['sum', 'all'])
        .default('sum'),
    )
    .option(
      '-j, --jobs <count>',
      'number of processes that print long traces (default: the number of processors, at most 4)',
      parseJobs,
    );
}

function parseJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= JOBS_MAX) return jobs;
  throw new CliError('BAD_ARGUMENT', `"${text}" is no number of jobs`, `a whole number from 1 to ${JOBS_MAX}`);
}
