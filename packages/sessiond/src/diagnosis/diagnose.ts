import {
  type RuleDescription,
  type RuleDiagnosis,
  ruleMatcher,
  type SessionDiagnosis,
  type SessionStatistics,
} from '@ringtail/protocol';
import { TRACEPOINTS_SEEN_MAX } from '../limits.ts';
import { type Channel, type RecordedThread, type Session, tracks } from '../session.ts';
import type { TracepointList } from '../tracepoint-lists.ts';
import type { FilterCounts } from './filter-counters.ts';

/** What the reasons for a session's silence are derived from. */
export interface DiagnosisFacts {
  readonly session: Session;
  /** All that are registered. */
  readonly threads: readonly DiagnosedThread[];
  readonly statistics: SessionStatistics;
  /** What filters of a channel have decided; null where that is not counted. */
  readonly filterCounts: (channel: Channel) => FilterCounts | null;
}

export interface DiagnosedThread {
  readonly thread: RecordedThread;
  readonly tracepoints: TracepointList;
}

type Tracepoint = TracepointList['names'][number];

/** Rules are compared with thousands of tracepoints: more than these nobody reads. */
export const RULES_DIAGNOSED_MAX = 1024;

/**
 * How far events get on their way into a session: which threads there are, what trackers leave of them, and what each
 * rule leaves of their tracepoints. A session records the applications of all users that its daemon serves.
 */
export function diagnose({ session, threads, statistics, filterCounts }: DiagnosisFacts): SessionDiagnosis {
  const tracked = threads.filter(({ thread }) => tracks(session, thread));
  const tracepoints = tracepointsOf(session, tracked);
  const channels = [...session.channels.values()];
  const rules: RuleDiagnosis[] = [];
  for (const channel of channels) {
    if (!channel.enabled) continue;
    const counts = filterCounts(channel);
    for (const rule of channel.rules.describe()) {
      if (rules.length >= RULES_DIAGNOSED_MAX) break;
      if (rule.enabled) rules.push(diagnoseRule(channel.attributes.name, rule, tracepoints, counts));
    }
  }
  return {
    active: session.active,
    startedOnce: session.started,
    threadsRegistered: threads.length,
    threadsOfOwner: threads.length,
    threadsUntracked: threads.length - tracked.length,
    rules,
    tracepointNames: [...new Set(tracepoints.map(({ name }) => name))],
    channelsDisabled: channels.filter(({ enabled }) => !enabled).map(({ attributes }) => attributes.name),
    statistics,
  };
}

function diagnoseRule(
  channel: string,
  rule: RuleDescription,
  tracepoints: readonly Tracepoint[],
  counts: FilterCounts | null,
): RuleDiagnosis {
  const { pattern, exclude } = rule;
  const count = (matches: (name: string, logLevel: number) => boolean): number => {
    const matching = tracepoints.filter(({ name, logLevel }) => matches(name, logLevel));
    return new Set(matching.map(({ name }) => name)).size;
  };
  const counted = rule.filter === undefined ? null : counts;
  return {
    channel,
    rule,
    named: count(ruleMatcher({ pattern })),
    notExcluded: count(ruleMatcher(exclude === undefined ? { pattern } : { pattern, exclude })),
    ofLogLevel: count(ruleMatcher(rule)),
    filterEvaluations: counted?.evaluated ?? null,
    filterRejections: counted?.rejected ?? null,
  };
}

/** Those of what is registered first, then those that were seen. Programs may have one name with several log levels. */
function tracepointsOf({ sightings }: Session, threads: readonly DiagnosedThread[]): Tracepoint[] {
  const lists = new Set(threads.map(({ tracepoints }) => tracepoints));
  const found = new Map<string, Tracepoint>();
  for (const names of [...[...lists].map((list) => list.names), sightings.describe().tracepoints]) {
    for (const tracepoint of names) {
      if (found.size >= TRACEPOINTS_SEEN_MAX) return [...found.values()];
      found.set(`${tracepoint.logLevel} ${tracepoint.name}`, tracepoint);
    }
  }
  return [...found.values()];
}
