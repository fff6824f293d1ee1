import type { RingtailError } from '@ringtail/base';
import { eventChoice, type OpenOptions, parseTimeBound, parseTimeRange } from '@ringtail/reader';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { splitNames } from '../options/common-options.ts';
import { parseLogLevel } from '../options/log-level.ts';
import { warn } from '../output/report.ts';
import { lastTrace } from '../session/trace-directory.ts';
import type { ReadingOptions } from './reading-options.ts';

/** The directories to read: the named ones, else the newest trace at home. */
export function tracePaths(context: Context, paths: readonly string[]): string[] {
  return paths.length === 0 ? [lastTrace(context)] : paths.map((path) => absolutePath(context, path));
}

/**
 * @throws {CliError} `BAD_ARGUMENT`
 * @throws {FilterError} with the column
 * @throws {ReaderError} `BAD_TIME`
 */
export function openOptions(
  context: Context,
  options: ReadingOptions,
  onError: (error: RingtailError) => void,
): OpenOptions {
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
    onWarning: (warning) => warn(context, warning),
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
