import fs from 'node:fs';
import { describeError } from '@ringtail/base';
import type { Medium, Next } from '@ringtail/ctf';
import { AGAIN, END } from '@ringtail/ctf/internal';
import { ReaderError } from '../../reader-error.ts';
import { type OpenFile, openRegularFile, readFrom } from '../regular-file.ts';

const CHUNK_BYTES = 256 * 1024;

/**
 * The bytes of a data stream that is being written. After a rotation it goes on in another file, which has whole
 * packets as well.
 *
 * Files stay open until they are read: a rotation moves them.
 */
export class GrowingStream implements Medium {
  readonly #path: string;
  /** The file that is being read, and the files behind it. */
  readonly #files: OpenFile[] = [];
  readonly #identities = new Set<string>();
  /** Offset in the data stream of the first of these files. */
  #offset = 0;
  #hasEnded = false;
  /** Whether all bytes that there were at the last call of `read` have been read. */
  isRead = false;
  #buffer = Buffer.alloc(0);

  /** @param path for messages */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Adds the file at a path, which follows the others, unless it was added before.
   *
   * @param identity of the file, which differs from the identities of other files with this path
   * @throws an error of `node:fs`, or `Error` if this is not a regular file
   */
  add(path: string, identity: string): void {
    if (this.#identities.has(identity)) return;
    this.#files.push(openRegularFile(path));
    this.#identities.add(identity);
  }

  /** No bytes and no files follow. */
  end(): void {
    this.#hasEnded = true;
  }

  read(offset: number, bytesMin: number): Next<Uint8Array> {
    try {
      return this.#read(offset, bytesMin);
    } catch (error) {
      throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(this.#path);
    }
  }

  #read(offset: number, bytesMin: number): Next<Uint8Array> {
    for (;;) {
      const [file] = this.#files;
      if (file === undefined) return this.#nothing(0);
      const isLast = this.#files.length === 1;
      const { size } = fs.fstatSync(file.fd);
      // The file was emptied, and is written anew.
      if (offset - this.#offset > size) this.#offset = offset;
      const available = size - (offset - this.#offset);
      if (available >= bytesMin || (available > 0 && !(isLast && !this.#hasEnded))) {
        this.isRead = false;
        const wanted = Math.min(available, Math.max(bytesMin, CHUNK_BYTES));
        return { kind: 'item', item: this.#bytes(file, offset - this.#offset, wanted) };
      }
      if (isLast) return this.#nothing(available);
      this.#offset += size;
      this.#closeFirst();
    }
  }

  /** @param available bytes of a packet that is being written */
  #nothing(available: number): Next<never> {
    this.isRead = available === 0;
    return this.#hasEnded ? END : AGAIN;
  }

  #bytes({ fd }: OpenFile, position: number, wanted: number): Uint8Array {
    if (wanted > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(wanted);
    return this.#buffer.subarray(0, readFrom(fd, this.#buffer, wanted, position));
  }

  #closeFirst(): void {
    const file = this.#files.shift();
    if (file !== undefined) fs.closeSync(file.fd);
  }

  close(): void {
    while (this.#files.length > 0) this.#closeFirst();
  }
}
