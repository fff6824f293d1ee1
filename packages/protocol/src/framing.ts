import { RingtailError } from '@ringtail/base';

/** Bytes of the length in front of every frame: u32, little-endian, the length of the JSON text that follows. */
export const FRAME_LENGTH_BYTES = 4;

export type FrameErrorCode = 'FRAME_TOO_LONG' | 'FRAME_NOT_JSON';

/** The peer sent something that is not a frame; the connection is of no more use. */
export class FrameError extends RingtailError<FrameErrorCode> {
  override readonly name = 'FrameError';
}

/**
 * One message as a frame.
 *
 * @throws {FrameError} `FRAME_TOO_LONG` if the text exceeds `bytesMax`.
 */
export function encodeFrame(message: unknown, bytesMax: number): Buffer {
  const text = Buffer.from(JSON.stringify(message), 'utf8');
  if (text.length > bytesMax) {
    throw new FrameError('FRAME_TOO_LONG', `a message of ${text.length} bytes exceeds the limit of ${bytesMax}`);
  }
  const frame = Buffer.allocUnsafe(FRAME_LENGTH_BYTES + text.length);
  frame.writeUInt32LE(text.length, 0);
  text.copy(frame, FRAME_LENGTH_BYTES);
  return frame;
}

/**
 * Cuts a byte stream into messages. A length beyond the limit is refused before anything of it is kept.
 *
 * Messages come out as parsed JSON of unknown shape: whoever reads them checks them.
 */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /**
   * Takes the next bytes and returns the messages that are complete.
   *
   * @throws {FrameError} for a frame that is too long or not JSON.
   */
  push(chunk: Uint8Array): unknown[] {
    this.#chunks.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    const messages: unknown[] = [];
    for (;;) {
      const length = this.#peekLength();
      if (length === undefined || this.#bytes < FRAME_LENGTH_BYTES + length) return messages;
      const whole = this.#joined();
      messages.push(parse(whole.subarray(FRAME_LENGTH_BYTES, FRAME_LENGTH_BYTES + length)));
      const rest = whole.subarray(FRAME_LENGTH_BYTES + length);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
    }
  }

  #peekLength(): number | undefined {
    if (this.#bytes < FRAME_LENGTH_BYTES) return undefined;
    const first = this.#chunks[0] as Buffer;
    const length = (first.length >= FRAME_LENGTH_BYTES ? first : this.#joined()).readUInt32LE(0);
    if (length > this.bytesMax) {
      throw new FrameError('FRAME_TOO_LONG', `the peer announced ${length} bytes; the limit is ${this.bytesMax}`);
    }
    return length;
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }
}

function parse(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new FrameError('FRAME_NOT_JSON', 'the peer sent a frame that is not JSON', { cause });
  }
}
