import fs from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { encodeText } from '@ringtail/ctf';

/** Takes text, a line or more at a time. */
export interface TextSink {
  /** @returns false if nobody reads any more, so that producing more is in vain */
  write(text: string): boolean;
  /** The same for text that is encoded already, in `bytes` until this returns. Sinks without it are given strings. */
  writeBytes?(bytes: Uint8Array): boolean;
}

const WAIT_MS = 5;

/** Writes to a file descriptor, synchronously. A reader that went away is no error. */
export class FdSink implements TextSink {
  readonly #fd: number;
  #isOpen = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string): boolean {
    return this.writeBytes(encodeText(text));
  }

  writeBytes(bytes: Uint8Array): boolean {
    for (let done = 0; this.#isOpen && done < bytes.length; ) {
      try {
        done += fs.writeSync(this.#fd, bytes, done);
      } catch (error) {
        this.#handle(error);
      }
    }
    return this.#isOpen;
  }

  #handle(error: unknown): void {
    const errno = errnoOf(error);
    if (errno === 'EPIPE') this.#isOpen = false;
    // Somebody made the pipe non-blocking and its reader is slow.
    else if (errno === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    else if (errno !== 'EINTR') throw error;
  }
}
