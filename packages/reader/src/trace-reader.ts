import type { RingtailError } from '@ringtail/base';
import type { BoundaryMessage, EventMessage, Message, Next } from '@ringtail/ctf';
import { EventVisitor } from '@ringtail/ctf/internal';
import { MessageTrimmer } from './cut/message-trimmer.ts';
import type { TimeRange } from './cut/time-range.ts';
import { MessageFilter } from './filter/message-filter.ts';
import { warnBackwards } from './merge/backwards-warning.ts';
import { BoundarySource } from './merge/boundary-source.ts';
import { type MessageConsumer, MessageMerge, type MessageSource } from './merge/message-merge.ts';
import type { ClockCorrection } from './trace/clock-correction.ts';
import type { OpenedTrace } from './trace/opened-trace.ts';
import { commonRange, intersectionOf, type TimeBounds, timeRangeOf } from './trace/trace-range.ts';
import type { TraceStream } from './trace/trace-stream.ts';

export interface OpenOptions extends TimeBounds {
  /**
   * Receives the error of a data stream when its turn comes. That data stream is then at its end, and the others go on.
   * Without it, `next` throws.
   */
  readonly onError?: (error: RingtailError) => void;
  /** Receives a sentence about data that is sound in form but cannot be true. Each kind is reported once. */
  readonly onWarning?: (warning: string) => void;
  /** Reports and leaves out a malformed packet. Its data stream goes on with the next packet. */
  readonly keepGoing?: boolean;
  /** Only the time during which all data streams of a trace were recorded. */
  readonly streamIntersection?: boolean;
  readonly clocks?: ClockCorrection;
  /** Which events are wanted; all, if absent. */
  readonly keep?: ((event: EventMessage) => boolean) | undefined;
  /** Adds a message where each packet begins and ends. */
  readonly boundaries?: boolean;
  /** Keeps the values of event record headers: writers need them. */
  readonly keepsHeaders?: boolean;
}

/** The messages of some traces, in the order of time. To be closed after use. */
export class TraceReader<Trace extends OpenedTrace = OpenedTrace> implements Iterable<Message> {
  /** Sorted by path. Directories of one identity are one trace. */
  readonly traces: readonly Trace[];
  /** The time range of the options. */
  readonly range: TimeRange;
  readonly #options: OpenOptions;
  readonly #close: () => void;
  #merge: MessageMerge | undefined;

  /**
   * @throws {ReaderError} `BAD_TIME` if the time range ends before it begins
   * @internal
   */
  constructor(traces: readonly Trace[], options: OpenOptions, close: () => void = () => {}) {
    this.traces = traces;
    this.range = timeRangeOf(traces, options);
    this.#options = options;
    this.#close = close;
  }

  /**
   * The next message.
   *
   * Messages of equal time come in the order of trace, data stream class and data stream.
   *
   * @returns `again` while a live medium lacks bytes
   * @throws {TraceFormatError} for damaged data, after everything before the damage. The reader can be used further:
   *   the damaged data stream is at its end then
   * @throws {ReaderError} if a file cannot be read
   */
  next(): Next<Message> {
    this.#merge ??= this.#startMerge();
    return this.#merge.next();
  }

  /**
   * Gives all messages that are left to a consumer, in the same order as `next` does, and faster.
   *
   * @returns `again` as `next` does
   */
  drain(consumer: MessageConsumer): Next<never> {
    this.#merge ??= this.#startMerge();
    return this.#merge.drain(consumer);
  }

  /** All messages that are left, including those of packets if the reader was opened with `boundaries`. */
  *messages(): Generator<Message | BoundaryMessage> {
    yield* this;
  }

  /** The messages up to the end, or up to where `next` answers `again`. */
  *[Symbol.iterator](): Iterator<Message> {
    for (;;) {
      const next = this.next();
      if (next.kind !== 'item') return;
      yield next.item;
    }
  }

  close(): void {
    this.#close();
  }

  /** Size of all data streams, as far as it is known. */
  get fileBytes(): number {
    const sources = this.traces.flatMap(({ streams }) => streams.flatMap((stream) => stream.sources));
    return sources.reduce((sum, { medium }) => sum + (medium.size?.() ?? 0), 0);
  }

  /** Which events are wanted; undefined means all. */
  get keep(): OpenOptions['keep'] {
    return this.#options.keep;
  }

  /** Whether malformed packets are left out. */
  get keepsGoing(): boolean {
    return this.#options.keepGoing === true;
  }

  /** Reports the error of a data stream, or throws it where nothing receives errors. @internal */
  report(error: RingtailError): void {
    if (this.#options.onError === undefined) throw error;
    this.#options.onError(error);
  }

  /**
   * The part of a trace's time that is to be read.
   *
   * @throws {ReaderError} `NO_INTERSECTION`
   */
  rangeOf(trace: OpenedTrace): TimeRange {
    return this.#options.streamIntersection ? commonRange(this.range, intersectionOf(trace)) : this.range;
  }

  #startMerge(): MessageMerge {
    const { onError, keepGoing: keepsGoing, onWarning } = this.#options;
    return new MessageMerge(this.#sources(), { onError, keepsGoing, onBackwards: warnBackwards(onWarning) });
  }

  #sources(): MessageSource[] {
    const skipper = new EventVisitor({});
    return this.traces.flatMap((trace) => {
      const range = this.rangeOf(trace);
      return trace.streams.map((stream) => this.#sourceOf(stream, range, skipper));
    });
  }

  #sourceOf(stream: TraceStream, range: TimeRange, skipper: EventVisitor): MessageSource {
    const { keep, boundaries = false } = this.#options;
    const isWhole = range.begin === undefined && range.end === undefined;
    const reader = boundaries ? new BoundarySource(stream.reader(range)) : stream.reader(range);
    const trimmed = isWhole ? reader : new MessageTrimmer(reader, range, skipper);
    return keep === undefined ? trimmed : new MessageFilter(trimmed, keep);
  }
}
