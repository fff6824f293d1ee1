import fs from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { encodeText } from '@ringtail/ctf/internal';
import type { TextSink } from '../print/text-sink.ts';

/** How long to wait for a slow reader, at first and at most. */
const WAIT_MS_MIN = 0.1;
const WAIT_MS_MAX = 5;

/** Writes to a file descriptor, synchronously. A reader that went away is no error. */
export class FdSink implements TextSink {
  readonly fd: number;
  #isOpen = true;
  #waitMs = WAIT_MS_MIN;

  constructor(fd: number) {
    this.fd = fd;
  }

  write(text: string): boolean {
    return this.writeBytes(encodeText(text));
  }

  writeBytes(bytes: Uint8Array): boolean {
    for (let done = 0; this.#isOpen && done < bytes.length; ) {
      try {
        done += fs.writeSync(this.fd, bytes, done);
        this.#waitMs = WAIT_MS_MIN;
      } catch (error) {
        this.#handle(error);
      }
    }
    return this.#isOpen;
  }

  #handle(error: unknown): void {
    const errno = errnoOf(error);
    if (errno === 'EPIPE') this.#isOpen = false;
    // The pipe is non-blocking, and its reader is slow.
    else if (errno === 'EAGAIN') this.#wait();
    else if (errno !== 'EINTR') throw error;
  }

  #wait(): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#waitMs);
    this.#waitMs = Math.min(2 * this.#waitMs, WAIT_MS_MAX);
  }
}
