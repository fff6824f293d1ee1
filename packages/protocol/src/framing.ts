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

/**
 * Cuts a byte stream into messages. A length beyond the limit is refused before anything of it is kept.
 *
 * Messages come out as parsed JSON of unknown shape: whoever reads them checks them.
 */
export class FrameDecoder {
  /** Grows by doubling, so that a frame that comes byte by byte costs no more than one that comes whole. */
  #buffer: Buffer = Buffer.alloc(0);
  #begin = 0;
  #end = 0;
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes of a frame that is not complete yet. */
  get pendingBytes(): number {
    return this.#end - this.#begin;
  }

  /**
   * Takes the next bytes and returns the messages that are complete.
   *
   * @throws {FrameError} for a frame that is too long or not JSON.
   */
  push(chunk: Uint8Array): unknown[] {
    this.#append(chunk);
    const messages: unknown[] = [];
    for (;;) {
      const length = this.#announcedLength();
      if (length === undefined || this.pendingBytes < FRAME_LENGTH_BYTES + length) break;
      const textBegin = this.#begin + FRAME_LENGTH_BYTES;
      this.#begin = textBegin + length;
      messages.push(parse(this.#buffer.subarray(textBegin, this.#begin)));
    }
    if (this.pendingBytes === 0) this.#release();
    return messages;
  }

  #append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) {
      const pending = this.#buffer.subarray(this.#begin, this.#end);
      const grown = Buffer.allocUnsafe(Math.max(4096, 2 * (pending.length + chunk.length)));
      grown.set(pending);
      this.#buffer = grown;
      this.#begin = 0;
      this.#end = pending.length;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #announcedLength(): number | undefined {
    if (this.pendingBytes < FRAME_LENGTH_BYTES) return undefined;
    const length = this.#buffer.readUInt32LE(this.#begin);
    if (length > this.bytesMax) {
      throw new FrameError('FRAME_TOO_LONG', `the peer announced ${length} bytes; the limit is ${this.bytesMax}`);
    }
    return length;
  }

  /** Idle connections are many and hold nothing. */
  #release(): void {
    this.#buffer = Buffer.alloc(0);
    this.#begin = 0;
    this.#end = 0;
  }
}

function parse(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new FrameError('FRAME_NOT_JSON', 'the peer sent a frame that is not JSON', { cause });
  }
}
