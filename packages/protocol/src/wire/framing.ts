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
  return frameOfTexts([JSON.stringify(message)], bytesMax);
}

/**
 * A message that is JSON already as a frame, in pieces: what is long is not joined first.
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

/** Bytes that the memory for a begun frame starts with. */
const FIRST_BYTES = 64;

/**
 * Cuts a byte stream into messages. A length beyond the limit is refused before anything of the frame is kept.
 *
 * Frames that come whole are read where they are. Of a begun frame the decoder keeps its bytes, in memory that grows by
 * doubling up to the announced length: a frame costs as much in single bytes as in one piece.
 *
 * Messages come out as parsed JSON of unknown shape: their reader checks them.
 */
export class FrameDecoder {
  /** The begun frame with its length; empty memory between frames, since idle connections are many. */
  #begun: Buffer = Buffer.alloc(0);
  #bytes = 0;
  /** Longest text of a frame that is begun from now on. */
  bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes of the begun frame that have come; 0 between frames. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Bytes that the begun frame takes in the end, as announced; 0 between frames. */
  get begunBytes(): number {
    return this.#bytes === 0 ? 0 : (this.#frameBytesIn(this.#begun, this.#bytes) ?? FRAME_LENGTH_BYTES);
  }

  /**
   * Takes the next bytes and returns the messages that are complete.
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

  /** Keeps bytes up to the end of the begun frame, or of its length. @returns how many */
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

  /** Bytes of the frame that begins with these, its length included; undefined while the length has not come. */
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
