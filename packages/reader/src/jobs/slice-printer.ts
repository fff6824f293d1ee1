import { RingtailError } from '@ringtail/base';
import type { EventMessage, Instant } from '@ringtail/ctf';
import { DataStreamReader, encodeText } from '@ringtail/ctf/internal';
import { isBefore } from '../instant.ts';
import { MessageMerge } from '../merge.ts';
import { PrettyPrinter } from '../pretty/pretty-printer.ts';
import { deltaText } from '../pretty/pretty-time.ts';
import { ReaderError } from '../reader-error.ts';
import { TextBuffer } from '../text/text-buffer.ts';
import { type TextSink, writeBytesTo } from '../text-sink.ts';
import type { TraceStream } from '../trace-stream.ts';
import type { PrintSetup, WrittenSlice } from './job-messages.ts';
import type { Slice } from './slices.ts';

/** Text is mostly less than so many times as long as what it is made of; what is longer is kept in fresh memory. */
const TEXT_FACTOR = 8;
const TEXT_BYTES_MAX = 1 << 27;
/** So many slices wait for their turn: others may be slow with theirs. */
const HELD_MAX = 2;
/** Text between two steps: little enough that others need not wait, enough that they cost next to nothing. */
const STEP_BYTES = 1 << 20;

/** What stands for a difference in time that is not known before the turn of a slice has come: that of its first event. */
const UNKNOWN_DELTA = encodeText(deltaText(undefined, { seconds: 0, nanoseconds: 0 }));

/** A slice that waits for its turn. Its text is what did not fit the buffer, and behind that a part of the buffer. */
interface HeldSlice {
  readonly start: number;
  end: number;
  readonly overflow: Uint8Array[];
  readonly warnings: string[];
  eventCount: number;
  first: Instant | undefined;
  last: Instant | undefined;
  isDamaged: boolean;
}

/** Prints slices of a data stream one after the other, each into memory until its turn comes, or at once. */
export class SlicePrinter {
  readonly #packets: DataStreamReader;
  readonly #sink: TextSink;
  readonly #hasDelta: boolean;
  /** Text of a slice is mostly shorter. */
  readonly #sliceTextBytes: number;
  readonly #buffer: TextBuffer;
  readonly #printer: PrettyPrinter;
  /** The oldest first. */
  readonly #held: HeldSlice[] = [];
  /** What is being printed into memory. */
  #current: { readonly slice: HeldSlice; readonly merge: MessageMerge } | undefined;
  #textBytes = 0;
  #isWanted = true;
  #warnings: string[] = [];

  constructor(
    { decoder, identity, sources, id }: Pick<TraceStream, 'decoder' | 'identity' | 'sources' | 'id'>,
    sink: TextSink,
    { options, sliceBytesMax }: PrintSetup,
  ) {
    this.#packets = new DataStreamReader(decoder, identity, sources, id);
    this.#sink = sink;
    this.#hasDelta = options.delta !== false;
    this.#sliceTextBytes = TEXT_FACTOR * sliceBytesMax;
    const keptBytes = Math.min(HELD_MAX * this.#sliceTextBytes, TEXT_BYTES_MAX);
    this.#buffer = new TextBuffer({ write: () => true, writeBytes: (bytes) => this.#put(bytes) }, keptBytes);
    const warnings = { write: (line: string) => this.#warnings.push(line) > 0 };
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
  begin({ packets, previous }: Slice): void {
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
    this.#packets.follow(packets, previous);
    this.#current = { slice: held, merge: this.#merge() };
  }

  /** Goes on with it for about a millisecond. @returns whether it is printed */
  step(): boolean {
    const { slice, merge } = this.#current!;
    this.#buffer.goOn(STEP_BYTES);
    slice.isDamaged = !drain(merge, this.#printer);
    if (!this.#buffer.isWanted && !slice.isDamaged) return false;
    slice.end = this.#buffer.at;
    slice.eventCount = this.#printer.eventCount;
    slice.first = this.#printer.first;
    slice.last = this.#printer.last;
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
   * Prints and writes a slice while none waits: text that stays in the caches costs less.
   *
   * @param previous time of the event before
   * @returns undefined if the slice is damaged; a part of it may be written then
   */
  printAndWrite(slice: Slice, previous: Instant | undefined): WrittenSlice | undefined {
    this.#textBytes = 0;
    this.#warnings = [];
    this.#buffer.pass(0);
    this.#printer.restart(previous);
    this.#packets.follow(slice.packets, slice.previous);
    if (!drain(this.#merge(), this.#printer)) return undefined;
    this.#printer.finish();
    const { eventCount, first, last } = this.#printer;
    if (isEarlier(first, previous)) return undefined;
    return { textBytes: this.#textBytes, eventCount, last, warnings: this.#warnings, isWanted: this.#isWanted };
  }

  /** Time that runs backwards is treated as damage: the first process warns of it once. */
  #merge(): MessageMerge {
    const onBackwards = ({ stream }: EventMessage) => {
      throw new ReaderError('TIME_BACKWARDS', 'time runs backwards').within(stream.name);
    };
    return new MessageMerge([this.#packets], { onBackwards });
  }

  /** Takes text from the buffer. */
  #put(bytes: Uint8Array): boolean {
    if (this.#current === undefined) return this.#write(bytes);
    this.#current.slice.overflow.push(bytes.slice());
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

/** @returns false if what it comes to is damaged */
function drain(merge: MessageMerge, printer: PrettyPrinter): boolean {
  try {
    merge.drain(printer);
    return true;
  } catch (error) {
    if (error instanceof RingtailError) return false;
    throw error;
  }
}
