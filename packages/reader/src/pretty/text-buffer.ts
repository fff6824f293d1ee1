import { encodeText } from '@ringtail/ctf';
import { decodeText } from '@ringtail/ctf/internal';
import type { TextSink } from '../text-sink.ts';

const BUFFER_BYTES = 1 << 18;
/** Text is handed on in pieces of at least this many bytes. */
const FLUSH_BYTES = 1 << 16;
/** Room behind `limit` for text of bounded size: what a line has between two texts of any length. */
export const SLACK_BYTES = 1 << 14;

/**
 * Where lines are put together as bytes, before they go to a sink in large pieces.
 *
 * Generated code writes into `bytes` at a position of its own and stores it in `at` when it is done.
 */
export class TextBuffer {
  readonly bytes = new Uint8Array(BUFFER_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  /** End of the text. */
  at = 0;
  /** From here on, generated code gives a line up before it starts a text of any length. */
  readonly limit = BUFFER_BYTES - SLACK_BYTES;
  /** At lines that start here, the text ought to be handed on. */
  readonly flushAt = FLUSH_BYTES;
  /** Whether the sink still wants text. */
  isWanted = true;

  readonly #sink: TextSink;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Hands the text up to `at` on. @returns where to go on: at the start */
  flush(): number {
    if (this.at > 0 && this.isWanted) this.isWanted = write(this.#sink, this.bytes.subarray(0, this.at));
    this.at = 0;
    return 0;
  }

  /** Appends text of any length. */
  append(text: string): void {
    const bytes = encodeText(text);
    if (this.at + bytes.length > this.bytes.length) this.flush();
    if (bytes.length > this.bytes.length) {
      if (this.isWanted) this.isWanted = write(this.#sink, bytes);
    } else {
      this.bytes.set(bytes, this.at);
      this.at += bytes.length;
    }
    if (this.at >= this.flushAt) this.flush();
  }
}

function write(sink: TextSink, bytes: Uint8Array): boolean {
  return sink.writeBytes === undefined ? sink.write(decodeText(bytes, 0, bytes.length)) : sink.writeBytes(bytes);
}
