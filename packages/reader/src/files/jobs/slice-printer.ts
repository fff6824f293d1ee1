import { type Instant, isBefore, RingtailError } from '@ringtail/base';
import type { EventMessage } from '@ringtail/ctf';
import { type DataStreamReader, EventVisitor, encodeText } from '@ringtail/ctf/internal';
import { MessageMerge } from '../../merge/message-merge.ts';
import { PrettyPrinter } from '../../print/pretty/pretty-printer.ts';
import { deltaText } from '../../print/pretty/pretty-time.ts';
import { TextBuffer } from '../../print/text/text-buffer.ts';
import { type TextSink, type WarningSink, writeBytesTo } from '../../print/text-sink.ts';
import { ReaderError } from '../../reader-error.ts';
import { readerOf, type StreamSource } from '../../trace/stream-source.ts';
import type { PrintedWarning, PrintSetup, WrittenSlice } from './job-messages.ts';
import { SliceSource } from './slice-source.ts';
import type { Slice } from './slices.ts';

/** Text is rarely this many times as long as its packets. Longer text is kept in fresh memory. */
const TEXT_FACTOR = 8;
const TEXT_BYTES_MAX = 1 << 27;
/** At most this many slices wait for their turn: others may be slow with theirs. */
const HELD_MAX = 2;
/** Text between two steps: little enough that others need not wait, enough that they cost next to nothing. */
const STEP_BYTES = 1 << 20;

/**
 * Text of an unknown difference in time. A slice begins with it, until its turn comes and the event before is known.
 */
const UNKNOWN_DELTA = encodeText(deltaText(undefined, { seconds: 0, nanoseconds: 0 }));

/** A slice that waits for its turn. Its text is `overflow`, followed by a part of the buffer. */
interface HeldSlice {
  readonly start: number;
  end: number;
  readonly overflow: Uint8Array[];
  readonly warnings: PrintedWarning[];
  eventCount: number;
  first: Instant | undefined;
  last: Instant | undefined;
  isDamaged: boolean;
}

/** Prints slices of traces one after the other, each into memory until its turn comes, or at once. */
export class SlicePrinter {
  readonly #streams: readonly { readonly stream: StreamSource; readonly reader: DataStreamReader }[];
  readonly #sink: TextSink;
  readonly #hasDelta: boolean;
  /** Text of a slice is mostly shorter. */
  readonly #sliceTextBytes: number;
  readonly #buffer: TextBuffer;
  readonly #printer: PrettyPrinter;
  /** The oldest first. */
  readonly #held: HeldSlice[] = [];
  /** The slice that is being printed into memory. */
  #current: { readonly held: HeldSlice; readonly slice: Slice; merge: MessageMerge | undefined } | undefined;
  /** Reads past events. */
  readonly #skipper = new EventVisitor({});
  #textBytes = 0;
  #isWanted = true;
  #warnings: PrintedWarning[] = [];

  constructor(streams: readonly StreamSource[], sink: TextSink, { options, sliceBytes }: PrintSetup) {
    this.#streams = streams.map((stream) => ({ stream, reader: readerOf(stream) }));
    this.#sink = sink;
    this.#hasDelta = options.delta !== false;
    this.#sliceTextBytes = TEXT_FACTOR * sliceBytes;
    const keptBytes = Math.min(HELD_MAX * this.#sliceTextBytes, TEXT_BYTES_MAX);
    this.#buffer = new TextBuffer({ write: () => true, writeBytes: (bytes) => this.#put(bytes) }, keptBytes);
    const warnings: WarningSink = { write: (...warning) => this.#warnings.push(warning) };
    this.#printer = new PrettyPrinter(this.#buffer, { ...options, warnings });
  }

  /** How much was written of the slice that was written last. */
  get textBytes(): number {
    return this.#textBytes;
  }

  /** Whether there is room for another slice. */
  get hasRoom(): boolean {
    const last = this.#held.at(-1);
    if (last === undefined) return true;
    return this.#held.length < HELD_MAX && last.end + this.#sliceTextBytes <= this.#buffer.bytes.length;
  }

  /** Begins to print a slice into memory, where there is room for it. */
  begin(slice: Slice): void {
    const start = this.#held.at(-1)?.end ?? 0;
    const held: HeldSlice = {
      start,
      end: start,
      overflow: [],
      warnings: [],
      eventCount: 0,
      first: undefined,
      last: undefined,
      isDamaged: false,
    };
    this.#held.push(held);
    this.#warnings = held.warnings;
    this.#buffer.keep(start);
    this.#printer.restart();
    this.#current = { held, slice, merge: undefined };
  }

  /** Prints for about a millisecond. @returns whether the slice is printed */
  step(): boolean {
    const current = this.#current!;
    const { held, slice } = current;
    this.#buffer.goOn(STEP_BYTES);
    held.isDamaged = !isSound(() => {
      current.merge ??= this.#mergeFrom(slice);
      print(current.merge, this.#printer, slice);
    });
    if (!this.#buffer.isWanted && !held.isDamaged) return false;
    held.end = this.#buffer.at;
    held.eventCount = this.#printer.eventCount;
    held.first = this.#printer.first;
    held.last = this.#printer.last;
    this.#current = undefined;
    return true;
  }

  /**
   * Writes the slice that waits for the longest time.
   *
   * @param previous time of the event before
   * @returns undefined if the slice is damaged; nothing is written then
   */
  write(previous: Instant | undefined): WrittenSlice | undefined {
    const { start, end, overflow, warnings, eventCount, first, last, isDamaged } = this.#held.shift()!;
    this.#textBytes = 0;
    if (isDamaged || isEarlier(first, previous)) return undefined;
    const [head, ...rest] = [...overflow, this.#buffer.bytes.subarray(start, end)];
    this.#writeHead(head!, previous, first);
    for (const bytes of rest) this.#write(bytes);
    return { textBytes: this.#textBytes, eventCount, last, warnings, isWanted: this.#isWanted };
  }

  /**
   * Prints and writes a slice at once, if no slice waits: text that stays in the caches costs less.
   *
   * @param previous time of the event before
   * @returns undefined if the slice is damaged; a part of it may be written then
   */
  printAndWrite(slice: Slice, previous: Instant | undefined): WrittenSlice | undefined {
    this.#textBytes = 0;
    this.#warnings = [];
    this.#buffer.pass(0);
    this.#printer.restart(previous);
    if (!isSound(() => print(this.#mergeFrom(slice), this.#printer, slice))) return undefined;
    this.#printer.finish();
    const { eventCount, first, last } = this.#printer;
    if (isEarlier(first, previous)) return undefined;
    return { textBytes: this.#textBytes, eventCount, last, warnings: this.#warnings, isWanted: this.#isWanted };
  }

  /**
   * The messages of the slice's packets, behind those of earlier slices.
   *
   * Time that runs backwards is treated as damage: the first process then prints alone, and warns of it once.
   */
  #mergeFrom({ begin, streams }: Slice): MessageMerge {
    const onBackwards = ({ stream }: EventMessage) => {
      throw new ReaderError('TIME_BACKWARDS', 'time runs backwards').within(stream.name);
    };
    const sources = this.#streams.map(({ stream, reader }, i) => new SliceSource(reader, stream, streams[i]!));
    const merge = new MessageMerge(sources, { onBackwards });
    if (begin !== undefined) merge.drainUntil(this.#skipper, begin);
    return merge;
  }

  /** Receives text from the buffer. */
  #put(bytes: Uint8Array): boolean {
    if (this.#current === undefined) return this.#write(bytes);
    this.#current.held.overflow.push(bytes.slice());
    return true;
  }

  #writeHead(head: Uint8Array, previous: Instant | undefined, first: Instant | undefined): void {
    const isKnown = this.#hasDelta && previous !== undefined && first !== undefined;
    const at = isKnown ? Buffer.from(head.buffer, head.byteOffset, head.byteLength).indexOf(UNKNOWN_DELTA) : -1;
    if (at === -1) {
      this.#write(head);
      return;
    }
    this.#write(head.subarray(0, at));
    this.#write(encodeText(deltaText(previous, first!)));
    this.#write(head.subarray(at + UNKNOWN_DELTA.length));
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#isWanted) this.#textBytes += bytes.length;
    this.#isWanted &&= writeBytesTo(this.#sink, bytes);
    return this.#isWanted;
  }
}

function isEarlier(first: Instant | undefined, previous: Instant | undefined): boolean {
  return first !== undefined && previous !== undefined && isBefore(first, previous);
}

function print(merge: MessageMerge, printer: PrettyPrinter, { end }: Slice): void {
  if (end === undefined) merge.drain(printer);
  else merge.drainUntil(printer, end);
}

/** @returns false if reading reaches damage */
function isSound(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof RingtailError) return false;
    throw error;
  }
}
