import type { RuleDescription, RuleDiagnosis } from '@ringtail/protocol';
import { concernsUser } from '../../../model/owner.ts';
import { TRACEPOINTS_SEEN_MAX } from '../../../shares/limits.ts';
import type { DomainDiagnosis } from '../../domain.ts';
import { recordedRule } from '../part/recorded-rules.ts';
import type { ListedThread, NamedTracepoint } from '../part/tracepoint-lists.ts';
import { type Channel, tracks, type UserPart } from '../part/user-part.ts';
import { compareRules } from './compared-rules.ts';
import type { FilterCounts } from './filter-counters.ts';

/** Facts from which the reasons for a session's silence are derived. */
export interface DiagnosisFacts {
  readonly part: UserPart;
  /** All registered threads. */
  readonly threads: readonly ListedThread[];
  /** Decisions of a channel's filters; null if they are not counted. */
  readonly filterCounts: (channel: Channel) => FilterCounts | null;
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
export function* diagnose({ part, threads, filterCounts }: DiagnosisFacts): Generator<void, DomainDiagnosis> {
  const ofOwner = threads.filter(({ thread }) => concernsUser(part.session.owner, thread.uid));
  const tracked = ofOwner.filter(({ thread }) => tracks(part, thread));
  const seen = part.seen.describe();
  const tracepoints = yield* uniqueTracepoints([...namesOf(tracked), seen.tracepoints]);
  const channels = [...part.channels.values()];
  const wanted = channels.filter(({ enabled }) => enabled).flatMap(enabledRulesOf);
  const counts = yield* compareRules(
    wanted.slice(0, RULES_DIAGNOSED_MAX).map(({ channel, rule }) => recordedRule(channel.domain, rule)),
    tracepoints,
  );
  const rules = counts.flatMap((count, index): RuleDiagnosis[] => {
    const { channel, rule } = wanted[index] as WantedRule;
    if (count === undefined) return [];
    const counted = recordedRule(channel.domain, rule).filter === undefined ? null : filterCounts(channel);
    const filterEvaluations = counted?.evaluated ?? null;
    const filterRejections = counted?.rejected ?? null;
    return [{ channel: channel.attributes.name, rule, ...count, filterEvaluations, filterRejections }];
  });
  return {
    threadsSeen: seen.threads,
    threadsRegistered: threads.length,
    threadsOfOwner: ofOwner.length,
    threadsUntracked: ofOwner.length - tracked.length,
    rules,
    rulesNotCompared: wanted.length - rules.length,
    tracepointNames: [...new Set(tracepoints.map(({ name }) => name))],
    channelsDisabled: channels.filter(({ enabled }) => !enabled).map(({ attributes }) => attributes.name),
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

/** Lists of tracepoints, each once: processes of one program share one. */
function namesOf(threads: readonly ListedThread[]): (readonly NamedTracepoint[])[] {
  return [...new Set(threads.map(({ tracepoints }) => tracepoints))].map(({ names }) => names);
}

/** Programs may have one name with several log levels. */
function* uniqueTracepoints(lists: readonly (readonly NamedTracepoint[])[]): Generator<void, NamedTracepoint[]> {
  const found = new Map<string, NamedTracepoint>();
  let count = 0;
  for (const tracepoints of lists) {
    for (const tracepoint of tracepoints) {
      if (++count % TRACEPOINTS_PER_STEP === 0) yield;
      if (found.size >= TRACEPOINTS_SEEN_MAX) return [...found.values()];
      found.set(`${tracepoint.logLevel} ${tracepoint.name}`, tracepoint);
    }
  }
  return [...found.values()];
}
