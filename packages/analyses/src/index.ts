/** Analyses of traces. They run anywhere, also in a browser: nothing here imports Node.js. */
export type { PlainValue } from './fields/field-place.ts';
export { placeOfField } from './fields/field-place.ts';
export { type Handler, runHandler } from './handler.ts';
export { type NumberQuantiles, RELATIVE_ERROR, VALUES_EXACT_MAX } from './numbers/number-summary.ts';
export type { DurationBin } from './pairs/duration-bins.ts';
export type { DurationGroup, SlowPair } from './pairs/duration-summary.ts';
export type { PairStatistics } from './pairs/pair-matcher.ts';
export type { CountedEvents, FieldStatistics } from './statistics/event-counts.ts';
export {
  type EventStatistics,
  type GroupStatistics,
  type Losses,
  type Statistics,
  type StatisticsOptions,
  type StatisticsState,
  statistics,
} from './statistics/statistics.ts';
