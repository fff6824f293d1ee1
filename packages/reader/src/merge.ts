import { RingtailError } from '@ringtail/base';
import type { Instant, Message, Next, PacketFields } from '@ringtail/ctf';
import { AGAIN, END } from '@ringtail/ctf/internal';

/** Whatever the messages of one data stream come from. */
export interface MessageSource {
  next(): Next<Message>;
  /** After an error: leaves the malformed packet out, see `DataStreamReader.skipPacket`. */
  skipPacket?(): boolean;
}

/** A data stream with its next message read ahead. */
interface Head {
  readonly reader: MessageSource;
  /** Place among the data streams, for messages of equal time. */
  readonly rank: number;
  /**
   * Its turn. It does not go back, even where the times of a data stream do, and neither an end of a packet nor a begin lies
   * behind it: so do others order packets that overlap, which old tracers wrote.
   */
  seconds: number;
  nanoseconds: number;
  packet: PacketFields | undefined;
  message: Message | undefined;
  /** What came instead of a message. It takes its turn at the time of the message before it. */
  error: RingtailError | undefined;
}

/** Messages without a time come before all others. */
const BEFORE_ALL = Number.NEGATIVE_INFINITY;

/** Merges the messages of data streams in the order of time, with one message of each in memory. */
export class MessageMerge {
  readonly #onError: ((error: RingtailError) => void) | undefined;
  readonly #keepsGoing: boolean;
  /** A binary heap, the earliest at its root. */
  readonly #heap: Head[] = [];
  /** Data streams whose next message is not known yet. */
  #starved: Head[];

  /** @param keepsGoing whether a data stream goes on behind a malformed packet */
  constructor(readers: readonly MessageSource[], onError?: (error: RingtailError) => void, keepsGoing = false) {
    this.#onError = onError;
    this.#keepsGoing = keepsGoing;
    this.#starved = readers.map((reader, rank) => {
      return {
        reader,
        rank,
        seconds: BEFORE_ALL,
        nanoseconds: 0,
        packet: undefined,
        message: undefined,
        error: undefined,
      };
    });
  }

  /** @returns `again` while any data stream does: an earlier message may come from it */
  next(): Next<Message> {
    for (;;) {
      if (this.#starved.length > 0 && !this.#feed()) return AGAIN;
      const head = this.#heap[0];
      if (head === undefined) return END;
      const { message, error } = head;
      this.#advance(head);
      if (message !== undefined) return { kind: 'item', item: message };
      if (this.#onError === undefined) throw error;
      this.#onError(error!);
    }
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
    if (!this.#keepsGoing || head.reader.skipPacket?.() !== true) return false;
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
