import { type Instant, RingtailError } from '@ringtail/base';
import {
  DataStreamReader,
  type EventMessage,
  type FirstPacket,
  type Message,
  type NamedMedium,
  type Next,
  readFirstPacket,
  type TraceClass,
  TraceDecoder,
  type TraceIdentity,
} from '@ringtail/ctf';
import { AGAIN, type EventLoops, type TurnHeap } from '@ringtail/ctf/internal';
import { MessageFilter } from '../filter/message-filter.ts';
import { warnBackwards } from '../merge/backwards-warning.ts';
import { BoundarySource } from '../merge/boundary-source.ts';
import { type MessageConsumer, MessageMerge, type MessageSource } from '../merge/message-merge.ts';
import type { ClockCorrection } from '../trace/clock-correction.ts';
import { certainPartOf, growingTraceClassOf, traceName } from '../trace/trace-class.ts';

export interface LiveOptions {
  /** Receives the error of a data stream, which is then at its end. Without it, `next` and `drain` throw. */
  readonly onError?: (error: RingtailError) => void;
  /** Receives a sentence about data that is sound in form but cannot be true. Each kind is reported once. */
  readonly onWarning?: (warning: string) => void;
  /** Reports and leaves out a malformed packet. Its data stream goes on with the next packet. */
  readonly keepGoing?: boolean;
  readonly clocks?: ClockCorrection;
  /** Which events are wanted; all, if absent. */
  readonly keep?: ((event: EventMessage) => boolean) | undefined;
  /** Adds a message where each packet begins and ends. */
  readonly boundaries?: boolean;
}

/**
 * Reads traces that are still being recorded.
 *
 * Media answer `again` while they lack bytes. Metadata may grow, and traces and data streams may be added, while
 * messages are read. Messages come in the order of time as long as a data stream is added before others are read beyond
 * its begin.
 */
export class LiveReader {
  readonly #options: LiveOptions;
  readonly #merge: MessageMerge<LiveStream>;
  /** Data streams whose first packet is not known yet. */
  #waiting: LiveStream[] = [];
  #traceCount = 0;
  #hasEnded = false;

  constructor(options: LiveOptions = {}) {
    const { onError, onWarning, keepGoing: keepsGoing } = options;
    this.#options = options;
    this.#merge = new MessageMerge([], { onError, keepsGoing, onBackwards: warnBackwards(onWarning) });
  }

  /** Adds a trace. Its metadata and its data streams follow. */
  addTrace(name: string): LiveTrace {
    return new LiveTrace(this.#traceCount++, name, this.#options, (stream) => this.#waiting.push(stream));
  }

  /** No trace or data stream is added any more: once all data streams have ended, `next` answers `end`. */
  end(): void {
    this.#hasEnded = true;
  }

  /**
   * The next message.
   *
   * Messages of equal time come in the order of trace, data stream class and data stream.
   *
   * @returns `again` while any data stream lacks bytes or metadata and is not quiet: an earlier message may come from
   *   it
   */
  next(): Next<Message> {
    return this.#admitStreams() ? this.#orAgain(this.#merge.next()) : AGAIN;
  }

  /**
   * Gives all messages that are there to a consumer, in the same order as `next` does, and faster.
   *
   * @returns `again` as `next` does
   */
  drain(consumer: MessageConsumer): Next<never> {
    return this.#admitStreams() ? this.#orAgain(this.#merge.drain(consumer)) : AGAIN;
  }

  #orAgain<T>(next: Next<T>): Next<T> {
    return next.kind === 'end' && !this.#hasEnded ? AGAIN : next;
  }

  /** Adds data streams to the merge. @returns false while the first packet of any is not there */
  #admitStreams(): boolean {
    this.#waiting = this.#waiting.filter((stream) => {
      const opened = stream.open();
      if (opened.kind === 'item') this.#merge.add(stream, (other) => stream.precedes(other));
      return opened.kind === 'again';
    });
    return this.#waiting.length === 0;
  }
}

/** A trace that is still being recorded. */
export class LiveTrace {
  /** @internal */
  readonly idx: number;
  readonly #name: string;
  readonly #options: LiveOptions;
  readonly #addStream: (stream: LiveStream) => void;
  /** The trace class of the metadata as it is now. */
  #whole: TraceClass | undefined;
  #parts: { readonly decoder: TraceDecoder; readonly identity: TraceIdentity } | undefined;
  /** Numbers for data streams without an identifier, by the identifier of their class. */
  readonly #numbers = new Map<bigint, bigint>();

  /** @internal */
  constructor(idx: number, name: string, options: LiveOptions, addStream: (stream: LiveStream) => void) {
    this.idx = idx;
    this.#name = name;
    this.#options = options;
    this.#addStream = addStream;
  }

  /** @internal */
  get parts(): { readonly decoder: TraceDecoder; readonly identity: TraceIdentity } | undefined {
    return this.#parts;
  }

  /**
   * Replaces the metadata with the metadata as it is now: from its begin to the end of a declaration (TSDL) or fragment
   * (CTF 2).
   *
   * @throws {MetadataError}
   */
  setMetadata(metadata: Uint8Array): void {
    this.#whole = growingTraceClassOf(metadata, this.#options.clocks);
    const traceClass = certainPartOf(this.#whole);
    if (this.#parts === undefined) {
      const identity = { class: traceClass, name: traceName(traceClass, this.#name), uuid: traceClass.uuid };
      this.#parts = { decoder: new TraceDecoder(traceClass, { mayGrow: true }), identity };
    } else {
      this.#parts.decoder.grow(traceClass);
    }
  }

  /** The metadata grows no more. From now on, an unknown class is an error of its data stream. */
  endMetadata(): void {
    if (this.#whole !== undefined) this.#parts?.decoder.grow(this.#whole);
    this.#parts?.decoder.endGrowth();
  }

  /** Adds a data stream. */
  addStream(source: NamedMedium): LiveDataStream {
    const stream = new LiveStream(this, source, this.#options);
    this.#addStream(stream);
    return stream;
  }

  /** @internal */
  nextNumber(classId: bigint): bigint {
    const number = this.#numbers.get(classId) ?? 0n;
    this.#numbers.set(classId, number + 1n);
    return number;
  }
}

/** A data stream of a live trace. */
export interface LiveDataStream {
  /**
   * No message before this time will come any more. The reader then goes on with other data streams up to this time,
   * although this one lacks bytes.
   */
  quietUntil: Instant | undefined;
}

/** It can be read once its first packet is there. */
class LiveStream implements MessageSource, LiveDataStream {
  quietUntil: Instant | undefined;
  readonly #trace: LiveTrace;
  readonly #source: NamedMedium;
  readonly #options: LiveOptions;
  #messages!: MessageSource;
  #classId = -1n;
  #id = 0n;

  constructor(trace: LiveTrace, source: NamedMedium, options: LiveOptions) {
    this.#trace = trace;
    this.#source = source;
    this.#options = options;
  }

  /** @returns `again` while the first packet or the metadata is not there, `end` if there is no packet */
  open(): Next<undefined> {
    const { parts } = this.#trace;
    if (parts === undefined) return AGAIN;
    const { decoder, identity } = parts;
    const first = this.#firstPacket(decoder);
    if (first.kind !== 'item') return first;
    this.#classId = first.item?.class.id ?? -1n;
    this.#id = first.item?.id ?? this.#trace.nextNumber(this.#classId);
    const reader = new DataStreamReader(decoder, identity, [this.#source], this.#id);
    const { keep, boundaries } = this.#options;
    const messages = boundaries ? new BoundarySource(reader) : reader;
    this.#messages = keep === undefined ? messages : new MessageFilter(messages, keep);
    return { kind: 'item', item: undefined };
  }

  /** @returns an item of undefined where the first packet is malformed: reading the data stream reports why */
  #firstPacket(decoder: TraceDecoder): Next<FirstPacket | undefined> {
    try {
      return readFirstPacket(decoder, this.#source);
    } catch (error) {
      if (error instanceof RingtailError) return { kind: 'item', item: undefined };
      throw error;
    }
  }

  /** Whether it comes before another one if their messages have equal times. */
  precedes(other: LiveStream): boolean {
    if (this.#trace !== other.#trace) return this.#trace.idx < other.#trace.idx;
    return this.#classId === other.#classId ? this.#id < other.#id : this.#classId < other.#classId;
  }

  next(): Next<Message> {
    return this.#messages.next();
  }

  skipPacket(): boolean {
    return this.#messages.skipPacket?.() === true;
  }

  takeEvents(loops: EventLoops, heap: TurnHeap): number {
    return this.#messages.takeEvents?.(loops, heap) ?? 0;
  }
}
