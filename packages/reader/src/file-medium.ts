import fs from 'node:fs';
import { describeError } from '@ringtail/base';
import type { Medium, Next } from '@ringtail/ctf';
import { ReaderError } from './reader-error.ts';

/** Read at once unless more is asked for. A buffer of this size is held for each file. */
const CHUNK_BYTES = 256 * 1024;

/** Few files are read in larger chunks, up to this size: what happens between chunks happens less often. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** Buffers of larger chunks take no more, all together. */
const LARGE_CHUNKS_BYTES_MAX = 16 * 1024 * 1024;

/** Has files that are read side by side read in chunks as large as their number allows. */
export function shareChunkMemory(media: readonly FileMedium[]): void {
  const share = Math.floor(LARGE_CHUNKS_BYTES_MAX / media.length);
  for (const medium of media) medium.chunkBytes = Math.min(Math.max(CHUNK_BYTES, share), CHUNK_BYTES_MAX);
}

/** The bytes of one file, read as they are needed. The file is opened at the first read. */
export class FileMedium implements Medium {
  chunkBytes = CHUNK_BYTES;
  readonly #path: string;
  #fd: number | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  /** What of the file the buffer holds. */
  #offset = 0;
  #length = 0;
  #atEnd = false;

  constructor(path: string) {
    this.#path = path;
  }

  read(offset: number, bytesMin: number): Next<Uint8Array> {
    const skip = offset - this.#offset;
    const isHere = skip >= 0 && (skip + bytesMin <= this.#length || (this.#atEnd && skip < this.#length));
    if (!isHere) this.#fill(offset, bytesMin);
    const bytes = this.#buffer.subarray(offset - this.#offset, this.#length);
    return bytes.length === 0 ? { kind: 'end' } : { kind: 'item', item: bytes };
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  #fill(offset: number, bytesMin: number): void {
    try {
      this.#fd ??= fs.openSync(this.#path, 'r');
      const size = fs.fstatSync(this.#fd).size;
      // Who jumps from packet to packet wants little of each.
      const goesOn = offset >= this.#offset && offset <= this.#offset + this.#length;
      const chunkBytes = goesOn ? this.chunkBytes : CHUNK_BYTES;
      const wanted = Math.min(Math.max(bytesMin, chunkBytes), Math.max(0, size - offset));
      if (wanted > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(wanted);
      this.#offset = offset;
      this.#length = 0;
      while (this.#length < wanted) {
        const count = fs.readSync(this.#fd, this.#buffer, this.#length, wanted - this.#length, offset + this.#length);
        if (count === 0) break;
        this.#length += count;
      }
      this.#atEnd = offset + this.#length >= size;
    } catch (error) {
      throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(this.#path);
    }
  }
}
