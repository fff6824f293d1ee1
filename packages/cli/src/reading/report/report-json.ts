import { byTarget, type Findings, RULES, type SpanStatistics } from '@ringtail/analyses';
import { findingCommand, spanCommand } from './finding-commands.ts';
import { adviceOf, findingText } from './finding-words.ts';
import { stackOf } from './report-text.ts';

/** The report for programs. Durations are nanoseconds; times are nanoseconds from the origin of the clock, as text. */
export function reportJson(data: Findings, paths: readonly string[]) {
  const { spans, processes, stalls, losses } = data;
  const spansOf = (all: readonly SpanStatistics[]) => all.map((span) => spanJson(span, paths));
  return {
    events: data.eventCount,
    eventsOfReport: data.knownCount,
    first: data.firstNs?.toString() ?? null,
    last: data.lastNs?.toString() ?? null,
    discardedEvents: Number(losses.discardedEvents),
    discardedPackets: Number(losses.discardedPackets),
    findings: data.findings.map((finding) => ({
      rule: finding.rule,
      threshold: RULES[finding.rule].threshold,
      unit: RULES[finding.rule].unit,
      text: findingText(finding),
      advice: adviceOf(finding),
      stack: stackOf(finding),
      command: findingCommand(finding, paths),
    })),
    requests: spansOf(spans.request),
    operations: spansOf(spans.operation),
    calls: spansOf(spans.call),
    unfinished: data.unfinishedCount,
    stalls: stalls.map(({ count, totalNs, longestNs, longest }) => ({
      count,
      totalNs,
      longestNs,
      at: longest.atNs.toString(),
      where: longest.where,
      stack: longest.stack,
    })),
    processes: processes.map(({ pid, gcCount, gcTotalNs, gcLongestNs, gcShare }) => ({
      pid: pid === undefined ? null : Number(pid),
      gcCount,
      gcTotalNs,
      gcLongestNs,
      gcShare,
    })),
  };
}

function spanJson(
  { label, durations, slowest, serverErrors, aborted, errors, repeated }: SpanStatistics,
  paths: readonly string[],
) {
  const { count, minimum, median, p99, maximum, isExact } = durations;
  return {
    name: label,
    count,
    durationNs: {
      minimum: Number(minimum),
      median: Number(median),
      p99: Number(p99),
      maximum: Number(maximum),
      exact: isExact,
    },
    serverErrors,
    aborted,
    errors: Object.fromEntries(errors),
    repeatedCalls: repeated.map(({ worst, ...calls }) => ({ ...calls, command: spanCommand(worst, paths) })),
    slowest: {
      begin: slowest.beginNs.toString(),
      durationNs: slowest.durationNs,
      pid: slowest.pid === undefined ? null : Number(slowest.pid),
      waits: byTarget(slowest.waits),
      waitsByRequest: slowest.isExact,
      command: spanCommand(slowest, paths),
    },
  };
}
