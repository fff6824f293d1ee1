import { RingtailError } from '@ringtail/base';
import type { EventMessage, Instant, Message, Next, PacketFields } from '@ringtail/ctf';
import { AGAIN, END, type EventLoops, LoopTurn } from '@ringtail/ctf/internal';

/** Whatever the messages of one data stream come from. */
export interface MessageSource {
  next(): Next<Message>;
  /** After an error: leaves the malformed packet out, see `DataStreamReader.skipPacket`. */
  skipPacket?(): boolean;
  /** Where generated code may take events that follow, see `DataStreamReader.takeEvents`. */
  takeEvents?(loops: EventLoops, turn: LoopTurn): number;
}

/** Takes all messages, events mostly through generated code. */
export interface MessageConsumer extends EventLoops {
  /** Whether it wants to go on. */
  readonly isWanted: boolean;
  take(message: Message): void;
}

/**
 * A data stream with its next message read ahead.
 *
 * Its turn does not go back, even where the times of a data stream do, and neither an end of a packet nor a begin lies
 * behind it: so do others order packets that overlap, which old tracers wrote. Messages without a time come before all others.
 */
class Head extends LoopTurn {
  readonly reader: MessageSource;
  /** Place among the data streams, for messages of equal time. */
  readonly rank: number;
  packet: PacketFields | undefined;
  message: Message | undefined;
  /** What came instead of a message. It takes its turn at the time of the message before it. */
  error: RingtailError | undefined;

  constructor(reader: MessageSource, rank: number) {
    super();
    this.reader = reader;
    this.rank = rank;
  }
}

export interface MergeOptions {
  /** Takes what is wrong with a data stream, which then ends. Without it, `next` and `drain` throw. */
  readonly onError?: ((error: RingtailError) => void) | undefined;
  /** Whether a data stream goes on behind a malformed packet. */
  readonly keepsGoing?: boolean | undefined;
  /** Takes each event that is earlier than the event before it. */
  readonly onBackwards?: ((event: EventMessage, before: Instant) => void) | undefined;
}

/** Merges the messages of data streams in the order of time, with one message of each in memory. */
export class MessageMerge {
  readonly #options: MergeOptions;
  /** A binary heap, the earliest at its root. */
  readonly #heap: Head[] = [];
  /** Data streams whose next message is not known yet. */
  #starved: Head[];
  /** Time of the event that was passed on last. */
  #lastSeconds = Number.NEGATIVE_INFINITY;
  #lastNanoseconds = 0;

  constructor(readers: readonly MessageSource[], options: MergeOptions = {}) {
    this.#options = options;
    this.#starved = readers.map((reader, rank) => new Head(reader, rank));
  }

  /** @returns `again` while any data stream does: an earlier message may come from it */
  next(): Next<Message> {
    for (;;) {
      if (this.#starved.length > 0 && !this.#feed()) return AGAIN;
      const head = this.#heap[0];
      if (head === undefined) return END;
      const { message, error } = head;
      this.#advance(head);
      if (message?.kind === 'event') this.#notice(message);
      if (message !== undefined) return { kind: 'item', item: message };
      if (error !== undefined) this.#report(error);
    }
  }

  /**
   * Gives all messages to a consumer, until there are no more or it wants no more: the same in the same order as `next` does.
   *
   * @returns `again` as `next` does
   */
  drain(consumer: MessageConsumer): Next<never> {
    for (;;) {
      if (this.#starved.length > 0 && !this.#feed()) return AGAIN;
      const head = this.#heap[0];
      if (head === undefined || !consumer.isWanted) return END;
      const { message, error } = head;
      if (message?.kind === 'event') this.#notice(message);
      if (message !== undefined) consumer.take(message);
      head.message = undefined;
      if (error === undefined) {
        this.#limit(head);
        const count = head.reader.takeEvents?.(consumer, head) ?? 0;
        if (count > 0) this.#pass(head.lastSeconds, head.lastNanoseconds);
      }
      if (head.isLater) this.#sink();
      else this.#advance(head);
      if (error !== undefined) this.#report(error);
    }
  }

  #report(error: RingtailError): void {
    const { onError } = this.#options;
    if (onError === undefined) throw error;
    onError(error);
  }

  /** Generated code takes no event before its turn; so only events that come as messages can go back. */
  #notice(event: EventMessage): void {
    if (event.stream.clockClass === undefined) return;
    const { seconds, nanoseconds } = event;
    const before = { seconds: this.#lastSeconds, nanoseconds: this.#lastNanoseconds };
    this.#pass(seconds, nanoseconds);
    if (seconds < before.seconds || (seconds === before.seconds && nanoseconds < before.nanoseconds)) {
      this.#options.onBackwards?.(event, before);
    }
  }

  #pass(seconds: number, nanoseconds: number): void {
    this.#lastSeconds = seconds;
    this.#lastNanoseconds = nanoseconds;
  }

  /** Lets the root take events until the turn of another data stream comes. */
  #limit(root: Head): void {
    const [, left, right] = this.#heap;
    const next = right !== undefined && isBefore(right, left!) ? right : left;
    root.limitSeconds = next?.seconds ?? Number.POSITIVE_INFINITY;
    root.limitNanoseconds = 0;
    // Half a nanosecond less leaves events of equal time to the other.
    if (next !== undefined) root.limitNanoseconds = root.rank < next.rank ? next.nanoseconds : next.nanoseconds - 0.5;
  }

  #feed(): boolean {
    const starved = this.#starved;
    this.#starved = [];
    for (const head of starved) {
      const answer = this.#readAhead(head);
      if (answer === 'again') this.#starved.push(head);
      else if (answer === 'item') this.#push(head);
    }
    return this.#starved.length === 0;
  }

  #advance(head: Head): void {
    head.isLater = false;
    const answer = head.error === undefined || this.#recover(head) ? this.#readAhead(head) : 'end';
    if (answer === 'item') {
      this.#sink();
      return;
    }
    const last = this.#heap.pop()!;
    if (last !== head) {
      this.#heap[0] = last;
      this.#sink();
    }
    if (answer === 'again') this.#starved.push(head);
  }

  #recover(head: Head): boolean {
    if (this.#options.keepsGoing !== true || head.reader.skipPacket?.() !== true) return false;
    head.error = undefined;
    return true;
  }

  #readAhead(head: Head): Next<Message>['kind'] {
    try {
      const next = head.reader.next();
      if (next.kind !== 'item') return next.kind;
      const message = next.item;
      head.message = message;
      if (message.stream.clockClass === undefined) return 'item';
      if (message.kind === 'event' && message.packet !== head.packet) {
        moveForward(head, head.packet?.end);
        head.packet = message.packet;
        moveForward(head, message.packet.begin);
      }
      moveForward(head, message);
    } catch (error) {
      if (!(error instanceof RingtailError)) throw error;
      head.message = undefined;
      head.error = error;
    }
    return 'item';
  }

  #push(head: Head): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(head, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = head;
  }

  /** Puts the root to its place. */
  #sink(): void {
    const heap = this.#heap;
    const head = heap[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, head)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = head;
  }
}

function moveForward(head: Head, instant: Instant | undefined): void {
  if (instant === undefined) return;
  const { seconds, nanoseconds } = instant;
  if (seconds < head.seconds || (seconds === head.seconds && nanoseconds < head.nanoseconds)) return;
  head.seconds = seconds;
  head.nanoseconds = nanoseconds;
}

function isBefore(a: Head, b: Head): boolean {
  if (a.seconds !== b.seconds) return a.seconds < b.seconds;
  if (a.nanoseconds !== b.nanoseconds) return a.nanoseconds < b.nanoseconds;
  return a.rank < b.rank;
}
