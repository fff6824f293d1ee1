import type { ProcessEnd } from '@ringtail/protocol';
import type { Finding } from '../errors/finding.ts';
import { formatSeconds, plural, shellQuote } from '../output/quantity.ts';
import { describeLoss, describeStatistics } from '../output/statistics.ts';
import type { Style } from '../output/style.ts';
import type { RecordedReport } from '../reading/report/recorded-report.ts';
import { describeEnd, explainAbort } from '../record/command-end.ts';
import { explainMissing } from '../record/explain-missing.ts';
import type { GuardSnapshot } from './snapshot-queue.ts';

/** Outcome of a guarded command. */
export interface Guarded {
  /** The command as the user wrote it. */
  readonly command: string;
  readonly seconds: number;
  readonly end: ProcessEnd;
  /** Whether the command's own end is a cause of a snapshot. */
  readonly isWanted: boolean;
  readonly snapshots: readonly GuardSnapshot[];
  readonly missed: number;
  /** The last events of the newest snapshot. */
  readonly lastEvents: readonly string[];
  /** Report of the newest snapshot; null without events, and where it cannot be read. */
  readonly report: RecordedReport | null;
  /** Ends of other processes, also in words, the newest last. */
  readonly others: readonly { readonly text: string; readonly end: ProcessEnd }[];
  /** Processes that still run. */
  readonly survivors: readonly number[];
  /** Reasons for missing events, if no snapshot has any; null where they are unknown. */
  readonly findings: readonly Finding[] | null;
}

/** A line with a label. */
type Row = (label: string, value: string) => string;

const EXCEPTION_LINES_MAX = 8;
const OTHERS_SHOWN_MAX = 5;

/** The summary as one object for programs. */
export function guardJson(guarded: Guarded): Record<string, unknown> {
  const { end, seconds, snapshots, missed, lastEvents, others, survivors, findings } = guarded;
  return {
    exitCode: end.exitCode,
    signal: end.signal?.name ?? null,
    coreDumped: end.signal?.coreDumped ?? false,
    abortedBy: end.abortedBy,
    cause: end.exitCode === 0 ? null : end.cause,
    exception: end.exception,
    seconds,
    snapshots: snapshots.map(({ reasons, recorded, problem }) => ({
      reasons,
      trace: recorded === null || recorded.statistics.eventsRecorded === 0 ? null : recorded.path,
      ...(recorded !== null && { statistics: recorded.statistics }),
      problem,
    })),
    missed,
    lastEvents,
    report: guarded.report?.json ?? null,
    others: others.map(({ text }) => text),
    survivors,
    ...(isEmpty(guarded) && { explanation: explainMissing(findings).join('\n'), findings }),
  };
}

/** The summary for people; empty where nothing went wrong. */
export function describeGuarded(style: Style, guarded: Guarded): string {
  const { snapshots, missed, others, lastEvents, end, survivors } = guarded;
  if (!guarded.isWanted && snapshots.length === 0 && missed === 0) return '';
  const row: Row = (label, value) => `  ${style.dim(label.padEnd(10))} ${value}`;
  const told = `${guarded.command} ${describeEnd(end)} after ${formatSeconds(guarded.seconds)}`;
  const abort = explainAbort(
    end,
    others.map((other) => other.end),
  );
  const exception =
    [...others.map((other) => other.end), end].findLast((one) => one.exception !== null)?.exception ?? null;
  return [
    `ringtail: ${guarded.isWanted ? style.yellow(told) : told}`,
    ...others.slice(-OTHERS_SHOWN_MAX).map(({ text }) => row('process', text)),
    ...(exception === null ? [] : indented(row, 'exception', exception)),
    ...(abort === undefined ? [] : indented(row, ...abort)),
    ...snapshots.flatMap((snapshot) => snapshotLines(style, row, snapshot)),
    ...(guarded.report?.lines ?? []).map(([label, text]) => row(label, text)),
    ...(isEmpty(guarded) ? explainMissing(guarded.findings).map((line) => `  ${line}`) : []),
    ...(missed === 0
      ? []
      : [
          `  ${style.yellow('warning:')} ${plural(missed, 'more reason')} for a snapshot, and no more snapshots: there are enough`,
        ]),
    ...(survivors.length === 0 ? [] : [row('still run', survivors.join(', '))]),
    ...(lastEvents.length === 0 ? [] : indented(row, 'last', lastEvents.join('\n'), lastEvents.length)),
  ].join('\n');
}

/** A line about a snapshot that was recorded while the command runs. */
export function describeSnapshot(style: Style, { reasons, recorded, problem }: GuardSnapshot): string {
  const why = whyOf(reasons);
  if (recorded === null) return `${style.yellow('ringtail: no snapshot')} (${why}): ${problem}`;
  return `ringtail: snapshot ${recorded.path} (${describeStatistics(recorded.statistics)}; ${why})`;
}

function snapshotLines(style: Style, row: Row, { reasons, recorded, problem }: GuardSnapshot): string[] {
  const why = whyOf(reasons);
  if (recorded === null) return [`  ${style.yellow('warning:')} no snapshot of what was recorded (${why}): ${problem}`];
  const { path, statistics } = recorded;
  if (statistics.eventsRecorded === 0) return [row('trace', `${style.yellow('no events')} in memory (${why})`)];
  // A flight recorder is meant to overwrite old packets.
  const warnings = [...describeLoss({ ...statistics, packetsLost: 0 }), ...statistics.troubles];
  return [
    row('trace', `${path} (${describeStatistics(statistics)}; ${why})`),
    row('show it', `${style.cyan(`ringtail view ${shellQuote(path)}`)}  or  babeltrace2 ${shellQuote(path)}`),
    ...warnings.map((warning) => `  ${style.yellow('warning:')} ${warning}`),
  ];
}

/** Whether snapshots were recorded and all are empty. */
export function isEmpty({ snapshots }: Pick<Guarded, 'snapshots'>): boolean {
  const recorded = snapshots.flatMap((snapshot) => snapshot.recorded ?? []);
  return recorded.length > 0 && recorded.every(({ statistics }) => statistics.eventsRecorded === 0);
}

function whyOf(reasons: readonly string[]): string {
  return reasons.length > 1 ? `${reasons[0]}, and ${reasons.length - 1} more` : (reasons[0] as string);
}

/** A text of several lines after a label. */
function indented(row: Row, label: string, text: string, linesMax = EXCEPTION_LINES_MAX): string[] {
  return text
    .trimEnd()
    .split('\n')
    .slice(0, linesMax)
    .map((line, at) => row(at === 0 ? label : '', line));
}
