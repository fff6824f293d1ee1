import type { ClockValue } from '../decode/clock-value.ts';
import type { EventLoop } from '../decode/turn-heap.ts';

/** Why generated code left an event record. */
export const StopReason = {
  /** It is the general decoder's. */
  UNUSUAL: 0,
  /** It is later than the limit. */
  LATER: 1,
  /** It is of another second, or of another high word of the clock. */
  SECOND: 2,
  /** The sink wants a pause. */
  PAUSE: 3,
} as const;

/** The first run takes at most twice this number of bytes, and each run twice as many as the run before. */
const FIRST_RUN_BYTES = 512;
const RUN_BYTES_MAX = 1 << 30;

/**
 * Input and output of the generated code for a run over event records of one second.
 *
 * A field that begins as negative zero is a floating point field from the start. A field that becomes one at the first
 * large number would make optimised code invalid.
 */
export class LoopRun {
  /** The code itself: it waits in the data streams whose next event it has found. */
  loop: EventLoop | undefined;
  /** Bytes that may be taken, of a data stream at a time. */
  bytesMax = FIRST_RUN_BYTES;
  /** The second that all event records are of. */
  seconds = -0;
  /** The clock's high word, and the low word where the second begins: below zero if that is in the high word before. */
  secondHigh = -0;
  secondLow = -0;
  stop: (typeof StopReason)[keyof typeof StopReason] = StopReason.UNUSUAL;
  /** The clock at the event record that was left. */
  high = -0;
  low = -0;

  /** Moves to the second of a value of the clock, which stays as it is. */
  enterSecond(clock: ClockValue, high: number, low: number): void {
    const { high: keptHigh, low: keptLow } = clock;
    clock.set(high, low);
    clock.convert();
    this.seconds = clock.seconds;
    this.secondHigh = high;
    this.secondLow = low - clock.nanoseconds;
    clock.set(keptHigh, keptLow);
  }

  begin(): void {
    if (this.bytesMax < RUN_BYTES_MAX) this.bytesMax *= 2;
    this.stop = StopReason.UNUSUAL;
  }
}
