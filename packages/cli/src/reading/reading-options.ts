import type { Command } from 'commander';
import { collect } from '../options/common-options.ts';

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
