import fs from 'node:fs';
import { describeError } from '@ringtail/base';
import type { Medium, Next } from '@ringtail/ctf';
import { ReaderError } from './reader-error.ts';

/** Read at once unless more is asked for. One such buffer is held for each data stream. */
const CHUNK_BYTES = 256 * 1024;

/** The bytes of one file, read as they are needed. The file is opened at the first read. */
export class FileMedium implements Medium {
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
      const wanted = Math.min(Math.max(bytesMin, CHUNK_BYTES), Math.max(0, size - offset));
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
