import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { HTTP_HEAD_BYTES_MAX } from './limits.ts';

const HEAD_END = '\r\n\r\n';
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n';

/**
 * The single request of a connection, and its answer, for the HTTP server of Node.js. On its own, that server answers
 * every request of a chunk of 64 KiB at once: up to 1,500.
 *
 * Passes the head on once it is complete, and a body when the server wants it. Reads nothing more from the connection.
 */
export class SingleRequest extends Duplex {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #state: 'head' | 'taken' | 'body' = 'head';
  #bodyBytesLeft = 0;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.#state !== 'taken' && this.push(null));
    socket.on('error', () => {});
    socket.on('close', () => this.destroy());
  }

  /** Passes on the body, which has this many bytes. */
  readBody(bytes: number): void {
    this.#state = 'body';
    this.#bodyBytesLeft = bytes;
    // The server's parser is still at the head, and would take the body for another request.
    setImmediate(() => this.#passBody());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => {
      done();
      this.#socket.destroy();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    const before = this.#received.length;
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#state === 'head') this.#passHead(before);
    else if (this.#state === 'body') this.#passBody();
  }

  #passHead(searchedBytes: number): void {
    const at = this.#received.indexOf(HEAD_END, Math.max(0, searchedBytes - HEAD_END.length + 1));
    // The server refuses a head that is too long.
    if (at < 0 && this.#received.length <= HTTP_HEAD_BYTES_MAX) return;
    this.#socket.pause();
    this.#state = 'taken';
    const head = this.#cut(at < 0 ? this.#received.length : at + HEAD_END.length);
    // Some versions of Node.js end a line at a bare line feed: this head could hold many requests.
    if (/(?<!\r)\n/.test(head.toString('latin1'))) this.end(BAD_REQUEST);
    else this.push(head);
  }

  #passBody(): void {
    const part = this.#cut(Math.min(this.#bodyBytesLeft, this.#received.length));
    this.#bodyBytesLeft -= part.length;
    if (part.length > 0) this.push(part);
    if (this.#bodyBytesLeft > 0) this.#socket.resume();
    else {
      this.#state = 'taken';
      this.#socket.pause();
    }
  }

  #cut(bytes: number): Buffer {
    const part = this.#received.subarray(0, bytes);
    this.#received = this.#received.subarray(bytes);
    return part;
  }
}
