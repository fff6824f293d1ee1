import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { describeError, RingtailError } from '@ringtail/base';
import {
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_REPLY_BYTES_MAX,
  checkClientRequest,
  clientRequestIdOf,
  encodeFrame,
  FrameDecoder,
  FrameError,
  frameOfTexts,
  type Notification,
  type NotificationMessage,
  type Reply,
  type Request,
  ShapeError,
} from '@ringtail/protocol';
import type { Client } from './client.ts';
import { JsonText } from './json-text.ts';
import {
  CLIENT_CONNECTIONS_MAX,
  CLIENT_REQUESTS_AHEAD_MAX,
  CLIENT_UNREAD_BYTES_MAX,
  NOTIFICATIONS_AHEAD_MAX,
} from './limits.ts';
import type { Log } from './log.ts';
import type { PeerLog } from './peer-log.ts';
import type { Owner } from './session.ts';

export interface ClientServerOptions {
  readonly socketPath: string;
  /** @throws where the peer cannot be identified. */
  readonly credentialsOf: (socket: Socket) => Owner;
  /** Whether this user may give commands. */
  readonly serves: (uid: number) => boolean;
  readonly execute: (request: Request, client: Client) => Promise<unknown>;
  readonly log: PeerLog;
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
    this.#server.removeAllListeners('error');
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.socketPath, () => {
        this.#server.off('error', reject);
        // A connection that cannot be accepted, for want of descriptors, is its client's to try again.
        this.#server.on('error', (error) =>
          this.#options.log.of(undefined, 'connections of clients').error(`clients: ${error.message}`),
        );
        resolve();
      });
    });
  }

  /** The same once the socket's file is gone. Connections stay. */
  listenAgain(): Promise<void> {
    this.#server.close();
    return this.listen();
  }

  /** Takes no more connections. Those there are end with the process, by which a client knows that it has ended. */
  close(): void {
    this.#server.close();
  }

  #connected(socket: Socket): void {
    const { credentialsOf, serves, execute, log } = this.#options;
    socket.on('error', (error) => log.of(user?.uid, 'connections of clients').debug(`client: ${error.message}`));
    let user: Owner | undefined;
    try {
      user = credentialsOf(socket);
    } catch (error) {
      log.of(undefined, 'connections of clients').warn(`a client could not be identified: ${describeError(error)}`);
    }
    if (user !== undefined && serves(user.uid)) {
      new ClientConnection(socket, user, execute, log).listen();
      return;
    }
    log.of(user?.uid, 'refused clients').warn(`user ${user?.uid ?? 'unknown'} may not give commands`);
    socket.destroy();
  }
}

class ClientConnection implements Client {
  readonly uid: number;
  readonly gid: number;
  readonly #socket: Socket;
  readonly #execute: ClientServerOptions['execute'];
  readonly #log: PeerLog;
  readonly #decoder = new FrameDecoder(CLIENT_FRAME_BYTES_MAX);
  readonly #waiting: unknown[] = [];
  /** Sent, and not taken by the system yet, because the client does not read. */
  #notificationsAhead = 0;
  #answering = false;
  #hello = false;

  constructor(socket: Socket, { uid, gid }: Owner, execute: ClientServerOptions['execute'], log: PeerLog) {
    this.uid = uid;
    this.gid = gid;
    this.#socket = socket;
    this.#execute = execute;
    this.#log = log;
  }

  listen(): void {
    this.#socket.on('data', (chunk) => this.#receive(chunk));
  }

  notify(notification: Notification): boolean {
    if (!this.#socket.writable || this.#notificationsAhead >= NOTIFICATIONS_AHEAD_MAX) return false;
    const message: NotificationMessage = { notification };
    this.#notificationsAhead++;
    this.#socket.write(encodeFrame(message, CLIENT_FRAME_BYTES_MAX), () => {
      this.#notificationsAhead--;
    });
    return true;
  }

  onClosed(callback: () => void): void {
    this.#socket.once('close', callback);
  }

  #receive(chunk: Buffer): void {
    try {
      this.#waiting.push(...this.#decoder.push(chunk));
    } catch (error) {
      // The decoder throws nothing but `FrameError`: where the next message would begin is not known any more.
      this.#logOf('bad messages').warn(`client: ${describeError(error)}`);
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
      // One who sends thousands of requests at once is not to keep applications and other clients waiting.
      if (this.#waiting.length > 0) await othersTurn();
    }
    this.#answering = false;
  }

  async #answer(message: unknown): Promise<Reply> {
    const id = clientRequestIdOf(message);
    try {
      const request = checkClientRequest(message);
      if (request.command === 'hello') this.#hello = true;
      else if (!this.#hello) return { id, ok: false, code: 'PROTOCOL_VERSION', message: 'say hello first' };
      return { id, ok: true, result: await this.#execute(request, this) };
    } catch (error) {
      if (!(error instanceof RingtailError))
        this.#logOf('failed commands').error(`a command failed: ${(error as Error).stack}`);
      const code =
        error instanceof ShapeError ? 'BAD_PARAMETER' : error instanceof RingtailError ? error.code : 'FAILED';
      return { id, ok: false, code, message: describeError(error) };
    }
  }

  #logOf(about: string): Log {
    return this.#log.of(this.uid, about);
  }

  #write(reply: Reply): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (this.#socket.writableLength > CLIENT_UNREAD_BYTES_MAX) {
      this.#logOf('unread answers').warn('a client does not read its answers');
      this.#socket.destroy();
      return;
    }
    this.#socket.write(frameOf(reply));
  }
}

function frameOf(reply: Reply): Buffer {
  try {
    if (!reply.ok || !(reply.result instanceof JsonText)) return encodeFrame(reply, CLIENT_REPLY_BYTES_MAX);
    return frameOfTexts([`{"id":${reply.id},"ok":true,"result":`, ...reply.result.pieces, '}'], CLIENT_REPLY_BYTES_MAX);
  } catch (error) {
    const message = `the answer cannot be sent: ${describeError(error)}`;
    return encodeFrame({ id: reply.id, ok: false, code: 'ANSWER_TOO_LONG', message }, CLIENT_REPLY_BYTES_MAX);
  }
}
