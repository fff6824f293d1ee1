import type { RuleDescription, RuleDiagnosis, SessionDiagnosis, SessionStatistics } from '@ringtail/protocol';
import type { RecordedThread } from '../../../model/application-process.ts';
import { concernsUser } from '../../../model/owner.ts';
import { type Channel, type Session, tracks } from '../../../model/session.ts';
import { TRACEPOINTS_SEEN_MAX } from '../../../shares/limits.ts';
import type { TracepointList } from '../part/tracepoint-lists.ts';
import { compareRules, type NamedTracepoint } from './compared-rules.ts';
import type { FilterCounts } from './filter-counters.ts';

/** Facts from which the reasons for a session's silence are derived. */
export interface DiagnosisFacts {
  readonly session: Session;
  /** All registered threads. */
  readonly threads: readonly DiagnosedThread[];
  readonly statistics: SessionStatistics;
  /** Decisions of a channel's filters; null if they are not counted. */
  readonly filterCounts: (channel: Channel) => FilterCounts | null;
}

export interface DiagnosedThread {
  readonly thread: RecordedThread;
  readonly tracepoints: TracepointList;
}

/** Rules in the answer: a person reads no more. */
export const RULES_DIAGNOSED_MAX = 1024;
/** Tracepoints compared between two points at which the work can be interrupted. */
const TRACEPOINTS_PER_STEP = 256;

/**
 * Follows events on their way into a session: its threads, the threads that trackers admit, and the tracepoints that
 * each rule selects.
 *
 * Yields after each short step.
 */
export function* diagnose({
  session,
  threads,
  statistics,
  filterCounts,
}: DiagnosisFacts): Generator<void, SessionDiagnosis> {
  const ofOwner = threads.filter(({ thread }) => concernsUser(session.owner, thread.uid));
  const tracked = ofOwner.filter(({ thread }) => tracks(session, thread));
  const tracepoints = yield* tracepointsOf(session, tracked);
  const channels = [...session.channels.values()];
  const wanted = channels.filter(({ enabled }) => enabled).flatMap(enabledRulesOf);
  const counts = yield* compareRules(
    wanted.slice(0, RULES_DIAGNOSED_MAX).map(({ rule }) => rule),
    tracepoints,
  );
  const rules = counts.flatMap((count, index): RuleDiagnosis[] => {
    const { channel, rule } = wanted[index] as WantedRule;
    if (count === undefined) return [];
    const counted = rule.filter === undefined ? null : filterCounts(channel);
    const filterEvaluations = counted?.evaluated ?? null;
    const filterRejections = counted?.rejected ?? null;
    return [{ channel: channel.attributes.name, rule, ...count, filterEvaluations, filterRejections }];
  });
  return {
    active: session.active,
    startedOnce: session.started,
    threadsRegistered: threads.length,
    threadsOfOwner: ofOwner.length,
    threadsUntracked: ofOwner.length - tracked.length,
    rules,
    rulesNotCompared: wanted.length - rules.length,
    tracepointNames: [...new Set(tracepoints.map(({ name }) => name))],
    channelsDisabled: channels.filter(({ enabled }) => !enabled).map(({ attributes }) => attributes.name),
    statistics,
  };
}

interface WantedRule {
  readonly channel: Channel;
  readonly rule: RuleDescription;
}

function enabledRulesOf(channel: Channel): WantedRule[] {
  const rules = channel.rules.describe().filter(({ enabled }) => enabled);
  return rules.map((rule) => ({ channel, rule }));
}

/** Registered tracepoints first, then seen ones. Programs may have one name with several log levels. */
function* tracepointsOf(
  { sightings }: Session,
  threads: readonly DiagnosedThread[],
): Generator<void, NamedTracepoint[]> {
  const lists = new Set(threads.map(({ tracepoints }) => tracepoints));
  const found = new Map<string, NamedTracepoint>();
  let seen = 0;
  for (const names of [...[...lists].map((list) => list.names), sightings.describe().tracepoints]) {
    for (const tracepoint of names) {
      if (++seen % TRACEPOINTS_PER_STEP === 0) yield;
      if (found.size >= TRACEPOINTS_SEEN_MAX) return [...found.values()];
      found.set(`${tracepoint.logLevel} ${tracepoint.name}`, tracepoint);
    }
  }
  return [...found.values()];
}
