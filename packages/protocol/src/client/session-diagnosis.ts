import { sessionStatistics } from '../model/statistics.ts';
import { boolean, count, list, nullable, object, type Shaped, text } from '../wire/shape.ts';
import { ruleDescription } from './session-description.ts';

const ruleDiagnosis = object({
  channel: text,
  rule: ruleDescription,
  /** Tracepoints whose name matches the pattern. */
  named: count,
  /** Tracepoints among `named` that no exclusion matches. */
  notExcluded: count,
  /** Tracepoints among `notExcluded` with a wanted log level. */
  ofLogLevel: count,
  /** How often filters of the channel were evaluated; null if they were not. */
  filterEvaluations: nullable(count),
  /** How often all of them were false. */
  filterRejections: nullable(count),
});
export type RuleDiagnosis = Shaped<typeof ruleDiagnosis>;

/** Reasons for a session without events. Counts are of threads that the session may record unless said otherwise. */
export const sessionDiagnosis = object({
  active: boolean,
  startedOnce: boolean,
  /** Threads that have been registered since the session was created. */
  threadsSeen: count,
  /** Threads of all users that are registered now. */
  threadsRegistered: count,
  threadsOfOwner: count,
  /** Threads that trackers leave out. */
  threadsUntracked: count,
  /** One for each enabled rule in each enabled channel. */
  rules: list(ruleDiagnosis),
  /** Enabled rules that are absent from `rules`: there are too many to compare with tracepoints. */
  rulesNotCompared: count,
  /** Tracepoints of threads that are registered now or were since the session was created. */
  tracepointNames: list(text),
  channelsDisabled: list(text),
  /** Statistics after a drain of the session's rings. */
  statistics: sessionStatistics,
});
export type SessionDiagnosis = Shaped<typeof sessionDiagnosis>;
