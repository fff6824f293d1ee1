import type { BusyThread } from './busy-threads.ts';
import type { Facts, ListenerLeak, Stall, UncaughtError } from './facts.ts';
import type { Grouped } from './grouped-counts.ts';
import type { ProcessTimes } from './processes.ts';
import { BUSY_NS_MIN, GC_TOTAL_NS_MIN, RULES, type RuleId, reaches, type SlowCallRule } from './rules.ts';
import { slowCallRule } from './span-kind.ts';
import type { RepeatedCalls, SpanStatistics } from './span-summary.ts';
import { isInRegularExpression } from './stack-lines.ts';
import { byTarget, type WaitSummary } from './waits.ts';

/** The result of a rule, with the data that it is about. */
export type Finding =
  | { readonly rule: 'uncaught-exception'; readonly error: Grouped<UncaughtError> }
  | { readonly rule: 'event-loop-stall' | 'slow-regular-expression'; readonly stalls: Grouped<Stall> }
  | {
      readonly rule: 'synchronous-files';
      readonly span: SpanStatistics;
      readonly count: number;
      readonly ns: number;
      readonly longest: Pick<WaitSummary, 'target' | 'longest'>;
    }
  | { readonly rule: 'repeated-calls'; readonly span: SpanStatistics; readonly calls: RepeatedCalls }
  | {
      readonly rule: 'slow-operation' | SlowCallRule | 'server-errors' | 'aborted-requests';
      readonly span: SpanStatistics;
    }
  | {
      readonly rule: 'client-errors' | 'failed-operations';
      readonly span: SpanStatistics;
      readonly code: string;
      readonly count: number;
    }
  | { readonly rule: 'listener-leak'; readonly leaks: Grouped<ListenerLeak> }
  | { readonly rule: 'busy-thread'; readonly thread: BusyThread }
  | { readonly rule: 'gc-share' | 'gc-pause'; readonly process: ProcessTimes };

/** Findings of one rule that are reported. */
const FINDINGS_MAX = 3;

/** Applies all rules. The findings of a rule are the greatest values that reach its threshold. */
export function applyRules(data: Facts): Finding[] {
  return (Object.keys(RULES) as RuleId[]).flatMap((rule) => FINDERS[rule](data).slice(0, FINDINGS_MAX));
}

type Find = (data: Facts) => Finding[];

function errorsOf(rule: 'client-errors' | 'failed-operations', spans: readonly SpanStatistics[]): Finding[] {
  return spans
    .flatMap((span) => span.errors.map(([code, count]) => ({ rule, span, code, count })))
    .filter(({ count }) => reaches(rule, count))
    .sort((a, b) => b.count - a.count);
}

/** Requests first: their waits are operations, too. */
const own = ({ spans }: Facts) => [...spans.request, ...spans.operation];
const longest = ({ durations }: SpanStatistics) => Number(durations.maximum);

function slowCalls(rule: SlowCallRule): Find {
  return ({ spans }) =>
    spans.call
      .filter((span) => slowCallRule(span.slowest.begin) === rule && reaches(rule, longest(span)))
      .map((span) => ({ rule, span }));
}

const FINDERS: Readonly<Record<RuleId, Find>> = {
  'uncaught-exception': ({ errors }) => errors.map((error) => ({ rule: 'uncaught-exception', error })),
  'event-loop-stall': ({ stalls }) =>
    stalls
      .filter(
        ({ longestNs, longest }) => reaches('event-loop-stall', longestNs) && !isInRegularExpression(longest.stack),
      )
      .map((group) => ({ rule: 'event-loop-stall', stalls: group })),
  'slow-regular-expression': ({ stalls }) =>
    stalls
      .filter(
        ({ longestNs, longest }) =>
          reaches('slow-regular-expression', longestNs) && isInRegularExpression(longest.stack),
      )
      .map((group) => ({ rule: 'slow-regular-expression', stalls: group })),
  'synchronous-files': (data) =>
    own(data).flatMap((span) => {
      const waits = byTarget(span.slowest.waits).filter(({ kind }) => kind === 'sync-file');
      const ns = waits.reduce((sum, wait) => sum + wait.totalNs, 0);
      const count = waits.reduce((sum, wait) => sum + wait.count, 0);
      const longest = waits.toSorted((a, b) => b.longestNs - a.longestNs)[0];
      if (longest === undefined || !reaches('synchronous-files', ns)) return [];
      return [{ rule: 'synchronous-files' as const, span, count, ns, longest }];
    }),
  'repeated-calls': (data) =>
    own(data)
      .flatMap((span) => span.repeated.map((calls) => ({ rule: 'repeated-calls' as const, span, calls })))
      .sort((a, b) => b.calls.most - a.calls.most),
  'slow-operation': (data) =>
    own(data)
      .filter((span) => reaches('slow-operation', longest(span)))
      .map((span) => ({ rule: 'slow-operation', span })),
  'pool-wait': slowCalls('pool-wait'),
  'slow-name': slowCalls('slow-name'),
  'slow-call': slowCalls('slow-call'),
  'server-errors': ({ spans }) =>
    spans.request
      .filter(({ serverErrors }) => reaches('server-errors', serverErrors))
      .sort((a, b) => b.serverErrors - a.serverErrors)
      .map((span) => ({ rule: 'server-errors', span })),
  'aborted-requests': ({ spans }) =>
    spans.request
      .filter(({ aborted }) => reaches('aborted-requests', aborted))
      .sort((a, b) => b.aborted - a.aborted)
      .map((span) => ({ rule: 'aborted-requests', span })),
  'client-errors': ({ spans }) => errorsOf('client-errors', spans.call),
  'failed-operations': (data) => errorsOf('failed-operations', own(data)),
  'listener-leak': ({ leaks }) =>
    leaks
      .filter(({ count }) => reaches('listener-leak', count))
      .map((group) => ({ rule: 'listener-leak', leaks: group })),
  'busy-thread': ({ busyThreads }) =>
    busyThreads
      .filter(({ busyShare, busyNs }) => reaches('busy-thread', busyShare) && busyNs >= BUSY_NS_MIN)
      .map((thread) => ({ rule: 'busy-thread', thread })),
  'gc-share': ({ processes }) =>
    processes
      .filter(({ gcShare, gcTotalNs }) => reaches('gc-share', gcShare) && gcTotalNs >= GC_TOTAL_NS_MIN)
      .map((process) => ({ rule: 'gc-share', process })),
  'gc-pause': ({ processes }) =>
    processes
      .filter(({ gcLongestNs }) => reaches('gc-pause', gcLongestNs))
      .map((process) => ({ rule: 'gc-pause', process })),
};
