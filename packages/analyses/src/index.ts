/** Analyses of traces. They run anywhere, also in a browser: nothing here imports Node.js. */
export type { PlainValue } from './fields/field-place.ts';
export { placeOfField } from './fields/field-place.ts';
export type { Finding } from './findings/apply-rules.ts';
export type { ListenerLeak, Stall, UncaughtError } from './findings/facts.ts';
export { type Findings, type FindingsState, findings } from './findings/findings.ts';
export type { Grouped } from './findings/grouped-counts.ts';
export type { ProcessTimes } from './findings/processes.ts';
export { RULES, type Rule, type RuleId, type SlowCallRule } from './findings/rules.ts';
export type { SlowSpan } from './findings/span.ts';
export type { RepeatedCalls, SpanStatistics, SpanTime } from './findings/span-summary.ts';
export { secondsText } from './findings/time-line.ts';
export { byTarget, type WaitKind, type WaitSummary } from './findings/waits.ts';
export { type Handler, runHandler } from './handler.ts';
export { type NumberQuantiles, RELATIVE_ERROR, VALUES_EXACT_MAX } from './numbers/number-summary.ts';
export type { DurationBin } from './pairs/duration-bins.ts';
export type { DurationGroup, SlowPair } from './pairs/duration-summary.ts';
export type { PairStatistics } from './pairs/pair-matcher.ts';
export { CpuProfiles, type ThreadProfile } from './profiles/cpu-profiles.ts';
export { cpuprofileText } from './profiles/cpuprofile.ts';
export { foldedText } from './profiles/folded.ts';
export { pprofBytes } from './profiles/pprof.ts';
export { speedscopeText } from './profiles/speedscope.ts';
export type { CountedEvents, FieldStatistics } from './statistics/event-counts.ts';
export type { Losses } from './statistics/losses.ts';
export {
  type EventStatistics,
  type GroupStatistics,
  type Statistics,
  type StatisticsOptions,
  type StatisticsState,
  statistics,
} from './statistics/statistics.ts';
export {
  durationNs,
  type LogNode,
  logDurationNs,
  RootChoice,
  type SpanNode,
  SpanTree,
  type SpanTreeData,
} from './telemetry/span-tree.ts';
export { Telemetry, type TelemetryOptions } from './telemetry/telemetry.ts';
export type {
  Attributes,
  AttributeValue,
  SpanIdentifiers,
  TelemetryLog,
  TelemetryResource,
  TelemetrySpan,
  TelemetrySpanKind,
} from './telemetry/telemetry-records.ts';
export { ChromeWriter } from './timeline/chrome.ts';
export { Timeline } from './timeline/timeline.ts';
