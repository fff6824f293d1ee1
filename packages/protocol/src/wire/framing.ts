import { RingtailError } from '@ringtail/base';

/** Bytes of the header of a frame: u32, little-endian, the length of the JSON text that follows. */
export const FRAME_LENGTH_BYTES = 4;

export type FrameErrorCode = 'FRAME_TOO_LONG' | 'FRAME_NOT_JSON';

/** The peer sent bytes that are no frame. The connection cannot be used any more. */
export class FrameError extends RingtailError<FrameErrorCode> {
  override readonly name = 'FrameError';
}

/**
 * One message as a frame.
 *
 * @throws {FrameError} `FRAME_TOO_LONG` if the text exceeds `bytesMax`.
 */
export function encodeFrame(message: unknown, bytesMax: number): Buffer {
  return frameOfTexts([JSON.stringify(message)], bytesMax);
}

/**
 * A message as a frame, from pieces of its JSON text: long texts need not be joined first.
 *
 * @throws {FrameError} `FRAME_TOO_LONG` if the text exceeds `bytesMax`.
 */
export function frameOfTexts(pieces: readonly string[], bytesMax: number): Buffer {
  const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  if (length > bytesMax) {
    throw new FrameError('FRAME_TOO_LONG', `a message of ${length} bytes exceeds the limit of ${bytesMax}`);
  }
  const frame = Buffer.allocUnsafe(FRAME_LENGTH_BYTES + length);
  frame.writeUInt32LE(length, 0);
  let end = FRAME_LENGTH_BYTES;
  for (const piece of pieces) end += frame.write(piece, end);
  return frame;
}

/** First size of the memory for a begun frame. */
const FIRST_BYTES = 64;

/**
 * Cuts a byte stream into messages. Refuses a length beyond the limit before it keeps any byte of the frame.
 *
 * The decoder reads complete frames in place. It keeps the bytes of a begun frame in memory that doubles up to the
 * announced length, so that a frame in single bytes costs no more than a frame in one piece.
 *
 * Messages come out as parsed JSON: their reader checks the shape.
 */
export class FrameDecoder {
  /** The begun frame with its header; empty between frames, because most connections are idle. */
  #begun: Buffer = Buffer.alloc(0);
  #bytes = 0;
  /** Longest text of frames that begin from now on. */
  bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Received bytes of the begun frame; 0 between frames. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Announced bytes of the whole begun frame; 0 between frames. */
  get begunBytes(): number {
    return this.#bytes === 0 ? 0 : (this.#frameBytesIn(this.#begun, this.#bytes) ?? FRAME_LENGTH_BYTES);
  }

  /**
   * Takes the next bytes and returns the complete messages.
   *
   * @throws {FrameError} for a frame that is too long or not JSON.
   */
  push(chunk: Uint8Array): unknown[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const messages: unknown[] = [];
    for (let at = 0; at < bytes.length; ) {
      const frameBytes = this.#bytes === 0 ? this.#frameBytesIn(bytes.subarray(at), bytes.length - at) : undefined;
      if (frameBytes !== undefined && at + frameBytes <= bytes.length) {
        messages.push(parse(bytes.subarray(at + FRAME_LENGTH_BYTES, at + frameBytes)));
        at += frameBytes;
        continue;
      }
      at += this.#keep(bytes.subarray(at));
      if (this.#bytes !== this.#frameBytesIn(this.#begun, this.#bytes)) continue;
      const text = this.#begun.subarray(FRAME_LENGTH_BYTES, this.#bytes);
      this.#begun = Buffer.alloc(0);
      this.#bytes = 0;
      messages.push(parse(text));
    }
    return messages;
  }

  /** Keeps bytes up to the end of the begun frame, or of its header. @returns the number of kept bytes */
  #keep(bytes: Buffer): number {
    const whole = this.#frameBytesIn(this.#begun, this.#bytes) ?? FRAME_LENGTH_BYTES;
    const count = Math.min(whole - this.#bytes, bytes.length);
    const needed = this.#bytes + count;
    if (needed > this.#begun.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(whole, 2 * needed), FIRST_BYTES));
      grown.set(this.#begun.subarray(0, this.#bytes));
      this.#begun = grown;
    }
    this.#begun.set(bytes.subarray(0, count), this.#bytes);
    this.#bytes = needed;
    return count;
  }

  /** Bytes of the frame that begins here, its header included; undefined while the header is incomplete. */
  #frameBytesIn(begin: Buffer, bytes: number): number | undefined {
    if (bytes < FRAME_LENGTH_BYTES) return undefined;
    const length = begin.readUInt32LE(0);
    if (length > this.bytesMax) {
      throw new FrameError('FRAME_TOO_LONG', `the peer announced ${length} bytes; the limit is ${this.bytesMax}`);
    }
    return FRAME_LENGTH_BYTES + length;
  }
}

function parse(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new FrameError('FRAME_NOT_JSON', 'the peer sent a frame that is not JSON', { cause });
  }
}
