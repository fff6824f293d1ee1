import type { Command } from 'commander';
import { collect } from '../options/common-options.ts';

/** Options that all commands share that read traces. */
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

/**
 * @param shortTimes whether `-e` and `-t` are times, as in babeltrace2; LTTng's `view` has other options of these
 *   letters
 */
export function addReadingOptions(command: Command, { shortTimes = true } = {}): Command {
  return command
    .option('-b, --begin <time>', 'earliest time: [YYYY-MM-DD [hh:mm:]]ss[.nnnnnnnnn]')
    .option(shortTimes ? '-e, --end <time>' : '--end <time>', 'latest time')
    .option(shortTimes ? '-t, --timerange <range>' : '--timerange <range>', 'earliest and latest time: BEGIN,END')
    .option('--clock-gmt', 'read and print times in UTC instead of the local time zone')
    .option('--clock-offset <seconds>', 'add seconds to the clocks')
    .option('--clock-offset-ns <ns>', 'add nanoseconds to the clocks')
    .option('--clock-force-correlate', 'assume the Unix epoch as origin of all clocks')
    .option('--stream-intersection', 'only the time span that all data streams of a trace share')
    .option(
      '--filter <expression>',
      "condition on events, in LTTng's filter language; repeatable, all must hold",
      collect,
    )
    .option('--name <patterns>', 'only events with these names, with * anywhere; repeatable, as alternatives', collect)
    .option('--loglevel <level>', 'only events at least this severe')
    .option('--stream <patterns>', 'only data streams with such a name of the file or class', collect)
    .option('--keep-going', 'skip malformed packets');
}
