import { type Instant, instantOf, isBefore } from '@ringtail/base';
import type { LossMessage, Message, Next } from '@ringtail/ctf';
import { type EventLoops, Turn, TurnHeap } from '@ringtail/ctf/internal';
import type { MessageSource } from '../merge/message-merge.ts';
import { ReaderError } from '../reader-error.ts';
import type { TimeRange } from './time-range.ts';

/** Passes on the messages of a data stream in a time range. Losses that reach beyond the range are cut to it. */
export class MessageTrimmer implements MessageSource {
  readonly #source: MessageSource;
  readonly #begin: Instant | undefined;
  readonly #end: Instant | undefined;
  readonly #skipper: EventLoops;

  /** @param skipper takes the events outside of the range, and does nothing with them */
  constructor(source: MessageSource, { begin, end }: TimeRange, skipper: EventLoops) {
    this.#source = source;
    this.#skipper = skipper;
    this.#begin = begin === undefined ? undefined : instantOf(begin);
    this.#end = end === undefined ? undefined : instantOf(end);
  }

  /** @throws {ReaderError} `NO_CLOCK` */
  next(): Next<Message> {
    for (;;) {
      const next = this.#source.next();
      if (next.kind !== 'item') return next;
      const message = next.item;
      if (message.stream.clockClass === undefined) {
        throw new ReaderError('NO_CLOCK', 'a data stream without a clock cannot be cut by time').within(
          message.stream.name,
        );
      }
      if (message.kind === 'event') {
        if (this.#contains(message)) return next;
        this.#skip(message);
      } else {
        const trimmed = this.#trimLoss(message);
        if (trimmed !== undefined) return { kind: 'item', item: trimmed };
      }
    }
  }

  skipPacket(): boolean {
    return this.#source.skipPacket?.() === true;
  }

  /**
   * Without an end, generated code can take events: it starts behind a message that was passed on, which lies in the
   * range.
   */
  takeEvents(loops: EventLoops, heap: TurnHeap): number {
    return this.#end === undefined ? (this.#source.takeEvents?.(loops, heap) ?? 0) : 0;
  }

  /** Skips the events behind an event outside of the range, as long as they lie on the same side of it. */
  #skip(event: Instant): void {
    const heap = new TurnHeap();
    // The lesser rank leaves the events at the begin.
    const turn = new Turn(1);
    if (this.#isEarly(event)) {
      heap.push(turn);
      heap.push(Object.assign(new Turn(0), this.#begin));
    } else {
      turn.seconds = this.#end!.seconds;
      turn.nanoseconds = this.#end!.nanoseconds + 1;
      heap.push(turn);
    }
    this.#source.takeEvents?.(this.#skipper, heap);
  }

  #contains(instant: Instant): boolean {
    return !this.#isEarly(instant) && !this.#isLate(instant);
  }

  #isEarly(instant: Instant): boolean {
    return this.#begin !== undefined && isBefore(instant, this.#begin);
  }

  #isLate(instant: Instant): boolean {
    return this.#end !== undefined && isBefore(this.#end, instant);
  }

  #trimLoss(loss: LossMessage): LossMessage | undefined {
    if (loss.range === undefined) return this.#contains(loss) ? loss : undefined;
    const { begin, end } = loss.range;
    if (this.#isEarly(end) || this.#isLate(begin)) return undefined;
    if (!this.#isEarly(begin) && !this.#isLate(end)) return loss;
    const range = {
      begin: this.#isEarly(begin) ? this.#begin! : begin,
      end: this.#isLate(end) ? this.#end! : end,
    };
    // How many of them were lost within the rest is not known.
    return { ...loss, count: undefined, range, ...range.begin };
  }
}
