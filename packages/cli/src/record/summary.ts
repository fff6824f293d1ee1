import type { ProcessEnd, SessionStatistics } from '@ringtail/protocol';
import type { Finding } from '../errors/finding.ts';
import { formatBytes, formatCount, formatSeconds, plural, shellQuote } from '../output/quantity.ts';
import { describeLoss } from '../output/statistics.ts';
import type { Style } from '../output/style.ts';
import type { RecordedReport } from '../reading/report/recorded-report.ts';
import { describeEnd, explainAbort } from './command-end.ts';
import { explainMissing } from './explain-missing.ts';
import type { EndedProcess } from './process-watch.ts';

/** Outcome of a recording. */
export interface Recording {
  readonly trace: string;
  /** Whether the trace still exists. */
  readonly isThere: boolean;
  /** Duration of the command. */
  readonly seconds: number;
  /** The command as the user wrote it, without arguments. */
  readonly command: string;
  readonly end: ProcessEnd;
  /** Other processes of the command that died at V8's heap limit. */
  readonly heapLimits: readonly EndedProcess[];
  /** Latest statistics; of the whole recording unless `cutShort`. */
  readonly statistics: SessionStatistics;
  /** Reason why the daemons could not finish the recording; null if they did. */
  readonly cutShort: string | null;
  /** Processes of the command that still run and are no longer recorded. */
  readonly survivors: readonly number[];
  /** Reasons for missing events; null where they are unknown. */
  readonly findings: readonly Finding[] | null;
  /** Report of the trace; null without events, and where the trace cannot be read. */
  readonly report: RecordedReport | null;
}

const HEAP_LIMITS_SHOWN_MAX = 5;

/** The summary as one object for programs. */
export function summaryJson(recording: Recording): Record<string, unknown> {
  const { statistics, seconds } = recording;
  return {
    trace: recording.trace,
    seconds,
    exitCode: recording.end.exitCode,
    signal: recording.end.signal?.name ?? null,
    abortedBy: recording.end.abortedBy,
    heapLimits: recording.heapLimits.map(({ pid, program }) => ({ pid, program })),
    ...statistics,
    eventsPerSecond: perSecond(recording),
    bytesPerEvent: bytesPerEvent(statistics),
    cutShort: recording.cutShort,
    survivors: recording.survivors,
    findings: recording.findings,
    report: recording.report?.json ?? null,
    ...(statistics.eventsRecorded === 0 && { explanation: explainMissing(recording.findings).join('\n') }),
  };
}

/** The summary for people, several lines. */
export function describeSummary(style: Style, recording: Recording): string {
  const { statistics, trace } = recording;
  const row = (label: string, value: string): string => `  ${style.dim(label.padEnd(10))} ${value}`;
  const notes = [
    ...(recording.cutShort === null ? [] : [`the recording was cut short: ${recording.cutShort}`]),
    ...describeLoss(statistics),
    ...(recording.findings === null ? statistics.troubles : []),
    ...describeSurvivors(recording.survivors),
  ].map((note) => `  ${style.yellow('warning:')} ${note}`);
  if (statistics.eventsRecorded === 0) {
    return [
      `ringtail: ${style.yellow('no events recorded')} in ${formatSeconds(recording.seconds)}`,
      ...describeEnds(row, recording),
      ...explainMissing(recording.findings).map((line) => `  ${line}`),
      ...notes,
    ].join('\n');
  }
  const findings = recording.findings ?? [];
  const discarded = formatCount(statistics.eventsDiscarded);
  return [
    `ringtail: ${style.bold(plural(statistics.eventsRecorded, 'event'))} in ${formatSeconds(recording.seconds)}`,
    row('events/s', formatCount(perSecond(recording))),
    row('discarded', statistics.eventsDiscarded > 0 ? style.yellow(discarded) : discarded),
    row('size', `${formatBytes(statistics.bytes)}, ${(bytesPerEvent(statistics) ?? 0).toFixed(1)} bytes an event`),
    row('trace', recording.isThere ? trace : `${trace} ${style.yellow('is not there any more')}`),
    ...(recording.isThere
      ? [row('show it', `${style.cyan(`ringtail view ${shellQuote(trace)}`)}  or  babeltrace2 ${shellQuote(trace)}`)]
      : []),
    ...describeEnds(row, recording),
    ...(recording.report?.lines ?? []).map(([label, text]) => row(label, text)),
    ...notes,
    ...(findings.length === 0 ? [] : [`  ${style.yellow('not everything was recorded:')}`]),
    ...explainMissing(findings).map((line) => `    ${line}`),
  ].join('\n');
}

/** Aborts, with advice. Shells report other signals. */
function describeEnds(row: (label: string, value: string) => string, recording: Recording): string[] {
  const { command, end, heapLimits } = recording;
  const abort = explainAbort(
    end,
    heapLimits.map((process) => process.end),
  );
  const [first, ...rest] = abort?.[1].split('\n') ?? [];
  return [
    ...(end.signal?.name === 'SIGABRT' ? [row('ended', `${command} ${describeEnd(end)}`)] : []),
    ...heapLimits
      .slice(-HEAP_LIMITS_SHOWN_MAX)
      .map(({ pid, program, end }) => row('process', `${pid} (${program}) ${describeEnd(end)}`)),
    ...(abort === undefined ? [] : [row(abort[0], first ?? ''), ...rest.map((line) => row('', line))]),
  ];
}

function perSecond({ statistics, seconds }: Recording): number {
  return seconds > 0 ? Math.round(statistics.eventsRecorded / seconds) : 0;
}

function bytesPerEvent({ bytes, eventsRecorded }: SessionStatistics): number | null {
  return eventsRecorded > 0 ? Math.round((bytes / eventsRecorded) * 10) / 10 : null;
}

function describeSurvivors(pids: readonly number[]): string[] {
  if (pids.length === 0) return [];
  const one = pids.length === 1;
  const which = `${one ? 'process' : 'processes'} ${pids.join(', ')} of the command still ${one ? 'runs' : 'run'}`;
  return [`${which}; what ${one ? 'it does' : 'they do'} from now on is not recorded`];
}
