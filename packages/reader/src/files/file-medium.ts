import fs from 'node:fs';
import { describeError } from '@ringtail/base';
import type { Medium, Next } from '@ringtail/ctf';
import { ReaderError } from '../reader-error.ts';
import { closeDescriptorOf, descriptorOf } from './descriptor-pool.ts';
import { readFrom, sizeOfFile } from './regular-file.ts';

/** Bytes that are read at once, unless more are wanted. Each file has a buffer of this size. */
const CHUNK_BYTES = 256 * 1024;

/** A few files are read in larger chunks, up to this size, since each chunk costs some extra work. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** Buffers of larger chunks have at most this size, all together. */
const LARGE_CHUNKS_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Thousands of files are read in smaller chunks, down to this size: less is as slow as to read the file in small
 * pieces.
 */
const CHUNK_BYTES_MIN = 32 * 1024;
/** Buffers of chunks have at most this size, unless all chunks have the least size. */
const CHUNKS_BYTES_MAX = 128 * 1024 * 1024;

/** Has files that are read side by side read in chunks as large as their number allows. */
export function shareChunkMemory(media: readonly FileMedium[]): void {
  const chunkBytes = chunkBytesOf(media.length);
  for (const medium of media) medium.chunkBytes = chunkBytes;
}

function chunkBytesOf(fileCount: number): number {
  const large = Math.min(Math.floor(LARGE_CHUNKS_BYTES_MAX / fileCount), CHUNK_BYTES_MAX);
  if (large > CHUNK_BYTES) return large;
  return Math.max(CHUNK_BYTES_MIN, Math.min(Math.floor(CHUNKS_BYTES_MAX / fileCount), CHUNK_BYTES));
}

/** The bytes of one file, read as they are needed. It is opened when it is read, and closed when others are read. */
export class FileMedium implements Medium {
  chunkBytes = CHUNK_BYTES;
  readonly path: string;
  /** Of the file that was opened first. */
  identity: string | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  /** Offset in the file of the buffer's content. */
  #offset = 0;
  #length = 0;
  #atEnd = false;

  constructor(path: string) {
    this.path = path;
  }

  read(offset: number, bytesMin: number): Next<Uint8Array> {
    const skip = offset - this.#offset;
    const isHere = skip >= 0 && (skip + bytesMin <= this.#length || (this.#atEnd && skip < this.#length));
    if (!isHere) this.#fill(offset, bytesMin);
    const bytes = this.#buffer.subarray(offset - this.#offset, this.#length);
    return bytes.length === 0 ? { kind: 'end' } : { kind: 'item', item: bytes };
  }

  /** Of the file that has this path now. */
  size(): number | undefined {
    return sizeOfFile(this.path);
  }

  close(): void {
    closeDescriptorOf(this);
  }

  #fill(offset: number, bytesMin: number): void {
    try {
      const fd = descriptorOf(this);
      const size = fs.fstatSync(fd).size;
      // A reader that jumps from packet to packet wants little of each.
      const goesOn = offset >= this.#offset && offset <= this.#offset + this.#length;
      const chunkBytes = goesOn ? this.chunkBytes : Math.min(this.chunkBytes, CHUNK_BYTES);
      const wanted = Math.min(Math.max(bytesMin, chunkBytes), Math.max(0, size - offset));
      if (wanted > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(wanted);
      this.#offset = offset;
      this.#length = 0;
      this.#length = readFrom(fd, this.#buffer, wanted, offset);
      this.#atEnd = offset + this.#length >= size;
    } catch (error) {
      throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(this.path);
    }
  }
}
