import { encodeText } from '@ringtail/ctf/internal';
import { type TextSink, writeBytesTo } from '../text-sink.ts';

/** Least size of a buffer. */
const BUFFER_BYTES = 1 << 18;
/** Text is handed on in pieces of at least this many bytes. */
const FLUSH_BYTES = 1 << 16;
/** Room behind `limit` for text of bounded size: the part of a line between two texts of any length. */
export const SLACK_BYTES = 1 << 14;

/**
 * Where lines are put together as bytes, before they go to a sink in large pieces.
 *
 * Generated code writes into `bytes` at a position of its own and stores it in `at` when it is done.
 */
export class TextBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Start of the text that is to be handed on. The text before it is kept for others. */
  start = 0;
  /** End of the text. */
  at = 0;
  /** From here on, generated code gives a line up before it starts a text of any length. */
  readonly limit: number;
  /** At lines that start here, the text ought to be handed on. */
  flushAt = FLUSH_BYTES;
  /** Whether more text is wanted. False if the sink's reader is gone, and during a pause. */
  isWanted = true;

  readonly #sink: TextSink;
  #keepsText = false;
  #pauseAt = 0;

  /** @param keptBytes how much text there is to be room for while it is kept */
  constructor(sink: TextSink, keptBytes = 0) {
    this.#sink = sink;
    // Memory that no text reaches costs nothing: systems allocate it at the first write.
    this.bytes = new Uint8Array(keptBytes + BUFFER_BYTES);
    this.view = new DataView(this.bytes.buffer);
    this.limit = this.bytes.length - SLACK_BYTES;
  }

  /** Passes the text up to `at` to the sink, or makes a pause if text is kept. @returns where to write on */
  flush(): number {
    if (!this.#keepsText || !this.hasRoom) this.#handOn();
    else if (this.at >= this.#pauseAt) this.isWanted = false;
    else this.#delayFlush();
    return this.at;
  }

  /** From now on, text is handed on soon. */
  pass(start: number): void {
    this.#keepsText = false;
    this.start = start;
    this.at = start;
    this.flushAt = start + FLUSH_BYTES;
  }

  /** From now on, text stays here as long as there is room. */
  keep(start: number): void {
    this.#keepsText = true;
    this.start = start;
    this.at = start;
  }

  /** Ends a pause. The next pause is due after this number of bytes. */
  goOn(byteCount: number): void {
    this.isWanted = true;
    this.#pauseAt = this.at + byteCount;
    this.#delayFlush();
  }

  get hasRoom(): boolean {
    return this.at + BUFFER_BYTES <= this.bytes.length;
  }

  /** Appends text of any length. */
  append(text: string): void {
    const bytes = encodeText(text);
    if (this.at + bytes.length > this.bytes.length) this.#handOn();
    if (this.at + bytes.length > this.bytes.length) {
      if (this.isWanted) this.isWanted = writeBytesTo(this.#sink, bytes);
    } else {
      this.bytes.set(bytes, this.at);
      this.at += bytes.length;
    }
    if (this.at >= this.flushAt) this.flush();
  }

  #delayFlush(): void {
    this.flushAt = Math.min(this.at, this.bytes.length - BUFFER_BYTES) + FLUSH_BYTES;
  }

  #handOn(): void {
    if (this.at > this.start && this.isWanted)
      this.isWanted = writeBytesTo(this.#sink, this.bytes.subarray(this.start, this.at));
    this.at = this.start;
  }
}
