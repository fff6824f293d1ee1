import { type Instant, isBefore, RingtailError } from '@ringtail/base';
import type { DataStream, EventMessage, Message, Next, PacketFields } from '@ringtail/ctf';
import { AGAIN, END, type EventLoops, Turn, TurnHeap } from '@ringtail/ctf/internal';
import { ReaderError } from '../reader-error.ts';

/** Source of the messages of one data stream. */
export interface MessageSource {
  next(): Next<Message>;
  /** After an error: leaves the malformed packet out, see `DataStreamReader.skipPacket`. */
  skipPacket?(): boolean;
  /** While `next` answers `again`: no message before this time will come. Others need not wait for it until then. */
  readonly quietUntil?: Instant | undefined;
  /** Lets generated code take the events that follow, see `DataStreamReader.takeEvents`. */
  takeEvents?(loops: EventLoops, heap: TurnHeap): number;
}

/** Receives all messages; generated code takes most events. */
export interface MessageConsumer extends EventLoops {
  /** Whether it wants to go on. */
  readonly isWanted: boolean;
  take(message: Message): void;
  /** Called at the end of a data stream that had messages. */
  takeEnd?(stream: DataStream): void;
}

/**
 * A data stream with its next message read ahead.
 *
 * Its turn does not go back, even where the times of a data stream do, and no end of a packet before lies behind it: so
 * do others order packets that overlap, which old tracers wrote. Messages without a time come before all others.
 */
class Head<Source extends MessageSource = MessageSource> extends Turn {
  readonly reader: Source;
  /** Of the last message. */
  stream: DataStream | undefined;
  packet: PacketFields | undefined;
  message: Message | undefined;
  /** The error of the data stream. Its turn is at the time of the message before it. */
  error: RingtailError | undefined;
  /** Whether it lacks a message, and its turn is where the data stream is quiet up to. */
  isQuiet = false;

  constructor(reader: Source, rank: number) {
    super(rank);
    this.reader = reader;
  }

  /** Whether the next message is unknown. */
  get isIdle(): boolean {
    return this.message === undefined && this.error === undefined && !this.isWaiting && !this.isQuiet;
  }
}

export interface MergeOptions {
  /** Receives the error of a data stream, which then ends. Without it, `next` and `drain` throw. */
  readonly onError?: ((error: RingtailError) => void) | undefined;
  /** Whether a data stream continues behind a malformed packet. */
  readonly keepsGoing?: boolean | undefined;
  /** Receives each event that is earlier than the event before it. */
  readonly onBackwards?: ((event: EventMessage, before: Instant) => void) | undefined;
}

/** Never read: it stands at a time until which messages are wanted. */
const NO_SOURCE: MessageSource = { next: () => END };

/** Merges the messages of data streams in the order of time, with one message of each in memory. */
export class MessageMerge<Source extends MessageSource = MessageSource> {
  readonly #options: MergeOptions;
  readonly #heap = new TurnHeap<Head>();
  /** Before all data streams at its time. */
  readonly #bound = new Head(NO_SOURCE, -1);
  /** All data streams that have not ended. */
  readonly #heads: Set<Head<Source>>;
  /** Data streams whose next message is not known yet. */
  #starved: Head[];

  constructor(readers: readonly Source[], options: MergeOptions = {}) {
    this.#options = options;
    this.#heads = new Set(readers.map((reader, rank) => new Head(reader, rank)));
    this.#starved = [...this.#heads];
  }

  /**
   * Adds a data stream to the running merge.
   *
   * @param precedes whether messages of the new data stream come before messages of another one if their times are
   *   equal
   */
  add(source: Source, precedes: (other: Source) => boolean): void {
    const inOrder = [...this.#heads].sort((a, b) => a.rank - b.rank);
    const next = inOrder.findIndex(({ reader }) => precedes(reader));
    const head = new Head(source, 0);
    inOrder.splice(next === -1 ? inOrder.length : next, 0, head);
    // The others keep their order, so the heap stays a heap.
    for (const [rank, other] of inOrder.entries()) other.rank = rank;
    this.#heads.add(head);
    this.#starved.push(head);
  }

  /** @returns `again` while any data stream does and is not quiet: an earlier message may come from it */
  next(): Next<Message> {
    for (;;) {
      if (this.#starved.length > 0 && !this.#feed()) return AGAIN;
      const head = this.#heap.root;
      if (head === undefined) return END;
      if (head.isQuiet) {
        if (this.#readQuiet()) continue;
        return AGAIN;
      }
      const { message, error } = head;
      this.#advance(head);
      if (message?.kind === 'event') this.#notice(message);
      if (message !== undefined) return { kind: 'item', item: message };
      if (error !== undefined) this.#report(error);
    }
  }

  /**
   * Gives all messages to a consumer, until there are no more or it wants no more: the same in the same order as `next`
   * does.
   *
   * @returns `again` as `next` does
   */
  drain(consumer: MessageConsumer): Next<never> {
    return this.#drain(consumer, undefined);
  }

  /**
   * As `drain`, but only up to a time. Later messages are left.
   *
   * @throws {ReaderError} `PACKET_EXCEEDED` if an event is left in a packet that ends before that time
   */
  drainUntil(consumer: MessageConsumer, until: Instant): Next<never> {
    const bound = this.#bound;
    bound.seconds = until.seconds;
    bound.nanoseconds = until.nanoseconds;
    this.#heap.push(bound);
    const next = this.#drain(consumer, bound);
    this.#heap.remove((head) => head === bound);
    if (consumer.isWanted) {
      for (const head of this.#heap) requireWithinPacket(head, until);
    }
    return next;
  }

  #drain(consumer: MessageConsumer, bound: Head | undefined): Next<never> {
    for (;;) {
      if (this.#starved.length > 0 && !this.#feed(consumer)) return AGAIN;
      const head = this.#heap.root;
      if (head === undefined || head === bound || !consumer.isWanted) return END;
      if (head.isQuiet) {
        if (this.#readQuiet(consumer)) continue;
        return AGAIN;
      }
      const { message, error } = head;
      if (error !== undefined) {
        this.#advance(head, consumer);
        this.#report(error);
        continue;
      }
      if (message?.kind === 'event') this.#notice(message);
      if (message !== undefined) consumer.take(message);
      head.message = undefined;
      head.isWaiting = false;
      head.reader.takeEvents?.(consumer, this.#heap);
      const root = this.#heap.root!;
      if (root.isIdle && root !== bound) this.#advance(root, consumer);
    }
  }

  #report(error: RingtailError): void {
    const { onError } = this.#options;
    if (onError === undefined) throw error;
    onError(error);
  }

  /** Generated code takes no event before its turn, so only events that come as messages can go back. */
  #notice(event: EventMessage): void {
    if (event.stream.clockClass === undefined) return;
    const heap = this.#heap;
    const { seconds, nanoseconds } = event;
    const before = { seconds: heap.lastSeconds, nanoseconds: heap.lastNanoseconds };
    heap.lastSeconds = seconds;
    heap.lastNanoseconds = nanoseconds;
    if (seconds < before.seconds || (seconds === before.seconds && nanoseconds < before.nanoseconds)) {
      this.#options.onBackwards?.(event, before);
    }
  }

  #feed(consumer?: MessageConsumer): boolean {
    const starved = this.#starved;
    this.#starved = [];
    for (const head of starved) {
      const answer = this.#readAhead(head);
      if (answer === 'again' && head.reader.quietUntil !== undefined) this.#rest(head, head.reader.quietUntil);
      else if (answer === 'again') this.#starved.push(head);
      else if (answer === 'item') this.#heap.push(head);
      else this.#end(head, consumer);
    }
    return this.#starved.length === 0;
  }

  /** Puts a data stream without a message where it is quiet up to. */
  #rest(head: Head, quietUntil: Instant): void {
    head.isQuiet = true;
    moveForward(head, quietUntil);
    this.#heap.push(head);
  }

  /** Reads the quiet data streams again. @returns false if one of them still has the next turn */
  #readQuiet(consumer?: MessageConsumer): boolean {
    const quiet = [...this.#heap].filter((head) => head.isQuiet);
    this.#heap.remove((head) => head.isQuiet);
    for (const head of quiet) head.isQuiet = false;
    this.#starved.push(...quiet);
    return this.#feed(consumer) && this.#heap.root?.isQuiet !== true;
  }

  /** Reads the next message of the root. */
  #advance(head: Head, consumer?: MessageConsumer): void {
    head.isWaiting = false;
    const answer = head.error === undefined || this.#recover(head) ? this.#readAhead(head) : 'end';
    if (answer === 'item') {
      this.#heap.sink();
      return;
    }
    this.#heap.pop();
    if (answer === 'again') this.#starved.push(head);
    else this.#end(head, consumer);
  }

  #end(head: Head, consumer: MessageConsumer | undefined): void {
    this.#heads.delete(head as Head<Source>);
    if (head.stream !== undefined) consumer?.takeEnd?.(head.stream);
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
      head.stream = message.stream;
      if (message.stream.clockClass === undefined) return 'item';
      if (message.kind === 'event' && message.packet !== head.packet) {
        moveForward(head, head.packet?.end);
        head.packet = message.packet;
      }
      moveForward(head, message);
    } catch (error) {
      if (!(error instanceof RingtailError)) throw error;
      head.message = undefined;
      head.error = error;
    }
    return 'item';
  }
}

function moveForward(head: Head, instant: Instant | undefined): void {
  if (instant === undefined) return;
  const { seconds, nanoseconds } = instant;
  if (seconds < head.seconds || (seconds === head.seconds && nanoseconds < head.nanoseconds)) return;
  head.seconds = seconds;
  head.nanoseconds = nanoseconds;
}

function requireWithinPacket({ isWaiting, position, message }: Head, until: Instant): void {
  const event = message?.kind === 'event' ? message : undefined;
  const packet = isWaiting ? position!.packet : event?.packet;
  if (packet?.end === undefined || !isBefore(packet.end, until)) return;
  const stream = isWaiting ? position!.stream : event!.stream;
  throw new ReaderError('PACKET_EXCEEDED', 'an event lies behind the end of its packet').within(stream.name);
}
