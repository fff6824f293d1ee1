import { MESSAGE_LENGTH_MAX } from '../wire/reply.ts';
import { list, object, refuseShape, type Shape, type Shaped } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';
import { wrongValueCount } from './wrong-value.ts';

const TROUBLES_MAX = 10_000;
const WRONG_VALUES_MAX = 1000;

/**
 * A count that may have come to any size: counts sum up words that applications write into their rings, and one absurd
 * word must not hide the other counts.
 */
export const clampedCount: Shape<number> = (value, name, extent) => {
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0) return refuseShape(`${name} must be a count`);
  return extent === 'all' ? Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER) : value;
};

/** Sums over all rings of a session since it was created; counts of events unless said otherwise. */
export const sessionStatistics = object({
  /**
   * Events in the trace files. A flight recorder has no trace files: there it counts events that were committed to
   * rings, overwritten or not, and each snapshot has statistics of its own.
   */
  eventsRecorded: clampedCount,
  /** Counted by producers: no free sub-buffer, or a record larger than one. Part of the trace. */
  eventsDiscarded: clampedCount,
  /** Given up in the application: a value could not be converted. */
  eventsFailed: clampedCount,
  /** Given up in the application: emitted while another event was recorded. */
  eventsNested: clampedCount,
  /** Committed by the producer, but not in the trace files: the ring was damaged, or the disk stayed full. */
  eventsLost: clampedCount,
  /** Overwrite mode: sub-buffers that a producer overwrote before the consumer took them. */
  packetsLost: clampedCount,
  packets: clampedCount,
  /** Size of the data stream files. */
  bytes: clampedCount,
  dataStreams: clampedCount,
  /** Programs that the session should have recorded to their end and has not; `troubles` has the reasons. */
  programsNotRecorded: clampedCount,
  /** Fields that were given values that do not fit. Known to the session daemon alone. */
  wrongValues: list(wrongValueCount, WRONG_VALUES_MAX, 'field'),
  /** Failures, in words: a full disk, a damaged ring, a ring that could not be made. */
  troubles: list(foreignText(MESSAGE_LENGTH_MAX), TROUBLES_MAX, 'trouble'),
});
export type SessionStatistics = Shaped<typeof sessionStatistics>;

/** Statistics of a session without any event. */
export const NO_STATISTICS: SessionStatistics = {
  eventsRecorded: 0,
  eventsDiscarded: 0,
  eventsFailed: 0,
  eventsNested: 0,
  eventsLost: 0,
  packetsLost: 0,
  packets: 0,
  bytes: 0,
  dataStreams: 0,
  programsNotRecorded: 0,
  wrongValues: [],
  troubles: [],
};

/** The sums of all counts, with the lists of the first. */
export function addStatistics(first: SessionStatistics, second: SessionStatistics): SessionStatistics {
  const { wrongValues, troubles, ...counts } = first;
  const names = Object.keys(counts) as (keyof typeof counts)[];
  const sums = names.map((name) => [name, first[name] + second[name]] as const);
  return { ...(Object.fromEntries(sums) as typeof counts), wrongValues, troubles };
}
