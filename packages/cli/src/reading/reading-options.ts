import { resolve } from 'node:path';
import type { RingtailError } from '@ringtail/base';
import { eventChoice, type OpenOptions, parseTimeBound, parseTimeRange } from '@ringtail/reader';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { parseLogLevel } from '../log-level.ts';
import { collect, splitNames } from '../options.ts';
import { lastTrace } from '../trace-directory.ts';

/** What the user wants of traces, as the options of commands that read them say it. */
export interface ReadingOptions {
  readonly begin?: string;
  readonly end?: string;
  readonly timerange?: string;
  readonly clockGmt?: boolean;
  readonly clockOffset?: string;
  readonly clockOffsetNs?: string;
  readonly clockForceCorrelate?: boolean;
  readonly streamIntersection?: boolean;
  readonly filter?: readonly string[];
  readonly name?: readonly string[];
  readonly loglevel?: string;
  readonly stream?: readonly string[];
  readonly keepGoing?: boolean;
}

/** @param shortTimes whether `-e` and `-t` are times, as with babeltrace2; with LTTng's `view` they are something else */
export function addReadingOptions(command: Command, { shortTimes = true } = {}): Command {
  return command
    .option('-b, --begin <time>', 'from this time on: [YYYY-MM-DD [hh:mm:]]ss[.nnnnnnnnn]')
    .option(shortTimes ? '-e, --end <time>' : '--end <time>', 'up to this time')
    .option(shortTimes ? '-t, --timerange <range>' : '--timerange <range>', 'both: BEGIN,END')
    .option('--clock-gmt', 'times are read and printed in UTC instead of the local time zone')
    .option('--clock-offset <seconds>', 'add seconds to the clocks')
    .option('--clock-offset-ns <ns>', 'add nanoseconds to the clocks')
    .option('--clock-force-correlate', 'take the origin of all clocks for the Unix epoch')
    .option('--stream-intersection', 'only the time during which all data streams of a trace were recorded')
    .option(
      '--filter <expression>',
      "only events for which it holds, in LTTng's language; several must all hold",
      collect,
    )
    .option('--name <patterns>', 'only events with these names, * for any text; several are alternatives', collect)
    .option('--loglevel <level>', 'only events at least this severe')
    .option('--stream <patterns>', 'only data streams whose file or class has such a name', collect)
    .option('--keep-going', 'leave malformed packets out and go on behind them');
}

/** The directories to read: those named, else the newest trace at home. */
export function tracePaths(context: Context, paths: readonly string[]): string[] {
  return paths.length === 0 ? [lastTrace(context)] : paths.map((path) => resolve(context.cwd, path));
}

/**
 * @throws {CliError} `BAD_ARGUMENT`
 * @throws {FilterError} with the column
 * @throws {ReaderError} `BAD_TIME`
 */
export function openOptions(options: ReadingOptions, onError: (error: RingtailError) => void): OpenOptions {
  const utc = options.clockGmt === true;
  if (options.timerange !== undefined && (options.begin ?? options.end) !== undefined) {
    throw new CliError('BAD_ARGUMENT', 'give either --timerange or --begin and --end');
  }
  const range =
    options.timerange !== undefined
      ? parseTimeRange(options.timerange, utc)
      : {
          begin: options.begin === undefined ? undefined : parseTimeBound(options.begin, utc),
          end: options.end === undefined ? undefined : parseTimeBound(options.end, utc),
        };
  return {
    ...range,
    utc,
    onError,
    keep: eventChoice({
      names: options.name?.flatMap(splitNames),
      logLevel: options.loglevel === undefined ? undefined : parseLogLevel(options.loglevel),
      streams: options.stream?.flatMap(splitNames),
      filters: options.filter,
    }),
    keepGoing: options.keepGoing === true,
    streamIntersection: options.streamIntersection === true,
    ...clockOptions(options),
  };
}

function clockOptions({ clockOffset, clockOffsetNs, clockForceCorrelate = false }: ReadingOptions): OpenOptions {
  if (clockOffset === undefined && clockOffsetNs === undefined && !clockForceCorrelate) return {};
  return {
    clocks: {
      offsetSeconds: parseWhole('--clock-offset', clockOffset),
      offsetNs: parseWhole('--clock-offset-ns', clockOffsetNs),
      forceUnixEpoch: clockForceCorrelate,
    },
  };
}

function parseWhole(option: string, text = '0'): bigint {
  if (!/^[-+]?\d{1,18}$/.test(text)) throw new CliError('BAD_ARGUMENT', `"${text}" is no whole number for ${option}`);
  return BigInt(text.replace(/^\+/, ''));
}
