import { createServer, type Server, type Socket } from 'node:net';
import { describeError, RingtailError } from '@ringtail/base';
import {
  CLIENT_FRAME_BYTES_MAX,
  checkClientRequest,
  clientRequestIdOf,
  encodeFrame,
  FrameDecoder,
  FrameError,
  type Reply,
  type Request,
  ShapeError,
} from '@ringtail/protocol';
import { CLIENT_CONNECTIONS_MAX, CLIENT_REQUESTS_AHEAD_MAX, CLIENT_UNREAD_BYTES_MAX } from './limits.ts';
import type { Log } from './log.ts';

export interface ClientServerOptions {
  readonly socketPath: string;
  readonly peerUidOf: (socket: Socket) => number;
  /** Whether this user may give commands. */
  readonly serves: (uid: number) => boolean;
  readonly execute: (request: Request) => Promise<unknown>;
  readonly log: Log;
}

/** Takes the connections of clients and answers their requests, each client's in order. */
export class ClientServer {
  readonly #options: ClientServerOptions;
  readonly #server: Server;

  constructor(options: ClientServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#connected(socket));
    this.#server.maxConnections = CLIENT_CONNECTIONS_MAX;
  }

  /** The socket gets its mode from the process's umask. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.socketPath, () => {
        this.#server.off('error', reject);
        // A connection that cannot be accepted, for want of descriptors, is its client's to try again.
        this.#server.on('error', (error) => this.#options.log.error(`clients: ${error.message}`));
        resolve();
      });
    });
  }

  /** Takes no more connections. Those there are end with the process, by which a client knows that it has ended. */
  close(): void {
    this.#server.close();
  }

  #connected(socket: Socket): void {
    const { peerUidOf, serves, execute, log } = this.#options;
    socket.on('error', (error) => log.debug(`client: ${error.message}`));
    let uid: number | undefined;
    try {
      uid = peerUidOf(socket);
    } catch (error) {
      log.warn(`a client could not be identified: ${describeError(error)}`);
    }
    if (uid !== undefined && serves(uid)) {
      new ClientConnection(socket, execute, log).listen();
      return;
    }
    log.warn(`user ${uid ?? 'unknown'} may not give commands`);
    socket.destroy();
  }
}

class ClientConnection {
  readonly #socket: Socket;
  readonly #execute: (request: Request) => Promise<unknown>;
  readonly #log: Log;
  readonly #decoder = new FrameDecoder(CLIENT_FRAME_BYTES_MAX);
  readonly #waiting: unknown[] = [];
  #answering = false;
  #hello = false;

  constructor(socket: Socket, execute: (request: Request) => Promise<unknown>, log: Log) {
    this.#socket = socket;
    this.#execute = execute;
    this.#log = log;
  }

  listen(): void {
    this.#socket.on('data', (chunk) => this.#receive(chunk));
  }

  #receive(chunk: Buffer): void {
    try {
      this.#waiting.push(...this.#decoder.push(chunk));
    } catch (error) {
      // The decoder throws nothing but `FrameError`: where the next message would begin is not known any more.
      this.#log.warn(`client: ${describeError(error)}`);
      if (error instanceof FrameError) this.#write({ id: 0, ok: false, code: error.code, message: error.message });
      this.#socket.destroySoon();
      return;
    }
    if (this.#waiting.length > CLIENT_REQUESTS_AHEAD_MAX) this.#socket.pause();
    if (!this.#answering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#answering = true;
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
      this.#write(await this.#answer(message));
      if (this.#waiting.length <= CLIENT_REQUESTS_AHEAD_MAX) this.#socket.resume();
    }
    this.#answering = false;
  }

  async #answer(message: unknown): Promise<Reply> {
    const id = clientRequestIdOf(message);
    try {
      const request = checkClientRequest(message);
      if (request.command === 'hello') this.#hello = true;
      else if (!this.#hello) return { id, ok: false, code: 'PROTOCOL_VERSION', message: 'say hello first' };
      return { id, ok: true, result: await this.#execute(request) };
    } catch (error) {
      if (!(error instanceof RingtailError)) this.#log.error(`a command failed: ${(error as Error).stack}`);
      const code =
        error instanceof ShapeError ? 'BAD_PARAMETER' : error instanceof RingtailError ? error.code : 'FAILED';
      return { id, ok: false, code, message: describeError(error) };
    }
  }

  #write(reply: Reply): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    this.#socket.write(frameOf(reply));
    if (this.#socket.writableLength > CLIENT_UNREAD_BYTES_MAX) {
      this.#log.warn('a client does not read its answers');
      this.#socket.destroy();
    }
  }
}

function frameOf(reply: Reply): Buffer {
  try {
    return encodeFrame(reply, CLIENT_FRAME_BYTES_MAX);
  } catch (error) {
    const message = `the answer cannot be sent: ${describeError(error)}`;
    return encodeFrame({ id: reply.id, ok: false, code: 'ANSWER_TOO_LONG', message }, CLIENT_FRAME_BYTES_MAX);
  }
}
