import { byTarget, type Findings, type SpanStatistics } from '@ringtail/analyses';
import { instantOf } from '@ringtail/base';
import { TimeFormat } from '@ringtail/reader';
import { formatCount, formatSeconds, plural } from '../../output/quantity.ts';
import { lossesText } from '../losses-text.ts';
import { durationText, quantileText } from '../statistics/number-text.ts';
import { labelCommand, spanCommand } from './finding-commands.ts';
import { processName, shown, waitName } from './finding-words.ts';

/** Rows of each table. */
const ROWS_MAX = 10;

/** A table with the command that shows more. */
export interface ReportTable {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly command: string;
}

const SPAN_HEADS = ['count', 'median', 'p99', 'maximum'];

/** Nothing in these traces can be reported on. */
export function nothingKnown({ eventCount }: Findings): string {
  if (eventCount === 0) return 'There are no events.';
  return `None of the ${plural(eventCount, 'event')} is about requests, operations, stalls, garbage collections or errors.`;
}

/** All events, in a sentence, and the lost ones. */
export function headText({ eventCount, firstNs, lastNs, processes, losses }: Findings): string {
  const seconds = firstNs === undefined || lastNs === undefined ? 0 : Number(lastNs - firstNs) / 1e9;
  const of = processes.length === 0 ? '' : ` of ${plural(processes.length, 'process', 'processes')}`;
  const lost = lossesText(losses.discardedEvents, losses.discardedPackets, losses.unknownReports);
  const lostText = lost === '' ? '' : ` The tracer discarded ${lost}: numbers are too small.`;
  return `${plural(eventCount, 'event')}${of} in ${formatSeconds(seconds)}.${lostText}`;
}

/** The slowest routes, operations and calls. */
export function spanTables({ spans }: Findings, paths: readonly string[]): ReportTable[] {
  const table = (title: string, all: readonly SpanStatistics[]): ReportTable[] =>
    all.length === 0
      ? []
      : [
          {
            title,
            heads: SPAN_HEADS,
            rows: all.slice(0, ROWS_MAX).map(spanRow),
            command: labelCommand(all[0]!, paths),
          },
        ];
  return [
    ...table('Slowest routes', spans.request),
    ...table('Slowest operations', spans.operation),
    ...table('Slowest calls', spans.call),
  ];
}

function spanRow({ label, durations }: SpanStatistics): string[] {
  const { count, median, p99, maximum, isExact } = durations;
  return [
    shown(label),
    formatCount(count),
    quantileText(median, isExact, durationText),
    quantileText(p99, isExact, durationText),
    durationText(maximum),
  ];
}

/** The slowest request, else the slowest operation, with what happened during it. */
export function slowestTable({ spans }: Findings, paths: readonly string[], isUtc: boolean): ReportTable[] {
  const [span] = spans.request.length > 0 ? spans.request : spans.operation;
  if (span === undefined) return [];
  const { slowest, label } = span;
  const time = new TimeFormat({ utc: isUtc }, () => {}).text(instantOf(slowest.beginNs));
  const rows = byTarget(slowest.waits).map((wait) => [
    waitName(wait),
    formatCount(wait.count),
    durationText(Math.round(wait.totalNs)),
    durationText(Math.round(wait.longestNs)),
    wait.kind === 'call' || wait.kind === 'file' || wait.kind === 'sync-file' ? shown(wait.longest) : '',
  ]);
  const kind = slowest.kind === 'request' ? 'request' : 'operation';
  return [
    {
      title: `Slowest ${kind}: ${shown(label)} at ${time}, ${durationText(slowest.durationNs)} in ${processName(slowest.pid)}`,
      heads: ['count', 'together', 'longest', ''],
      rows: rows.slice(0, ROWS_MAX),
      command: spanCommand(slowest, paths),
    },
  ];
}

/** Garbage collection by process. */
export function gcText({ processes }: Findings): string {
  const collecting = processes.filter(({ gcCount }) => gcCount > 0);
  return collecting
    .slice(0, 3)
    .map(({ pid, gcCount, gcShare, gcTotalNs, gcLongestNs }) => {
      const share = (100 * gcShare).toFixed(1);
      return `${plural(gcCount, 'garbage collection')} of ${processName(pid)}: ${durationText(gcTotalNs)}, ${share} % of its time, longest ${durationText(gcLongestNs)}.`;
    })
    .join(' ');
}
