export { AssertionError, assert, unreachable } from './assert.ts';
export type { Brand } from './brand.ts';
export { describeError, errnoOf, isAbsence, RingtailError } from './error.ts';
export { type Instant, instantOf, isBefore, nanosecondsOf } from './instant.ts';
export { matchesStarPattern, type StarPattern } from './star-pattern.ts';
export type { Clock, Timer, Timers } from './timers.ts';
export type { BitOffset, ClockCycles, Nanoseconds } from './units.ts';
export { RINGTAIL_VERSION } from './version.ts';
export { within } from './within.ts';
