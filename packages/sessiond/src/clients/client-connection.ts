import type { Socket } from 'node:net';
import { describeError, RingtailError } from '@ringtail/base';
import {
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_REPLY_BYTES_MAX,
  checkClientRequest,
  encodeFrame,
  FrameDecoder,
  FrameError,
  frameOfTexts,
  type Notification,
  type NotificationMessage,
  type Reply,
  type Request,
  requestIdOf,
  ShapeError,
} from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import type { PeerLog } from '../log/peer-log.ts';
import type { Client } from '../model/client.ts';
import { DaemonError } from '../model/daemon-error.ts';
import type { Owner } from '../model/owner.ts';
import type { BegunFrame } from '../shares/begun-frames.ts';
import type { SlotHolder } from '../shares/client-slots.ts';
import {
  CLIENT_AHEAD_BYTES_MAX,
  HELLO_FRAME_BYTES_MAX,
  HELLO_TIMEOUT_MS,
  LAST_ANSWER_MS,
  NOTIFICATIONS_AHEAD_MAX,
} from '../shares/limits.ts';
import type { Shares } from '../shares/shares.ts';
import { JsonText } from './json-text.ts';

export interface ClientConnectionOptions {
  readonly socket: Socket;
  readonly user: Owner;
  readonly execute: (request: Request, client: Client) => Promise<unknown>;
  readonly shares: Pick<Shares, 'turns' | 'clientBytes' | 'clientFrames'>;
  readonly log: PeerLog;
}

/** One client: its requests are answered in order, each in a turn of its user. */
export class ClientConnection implements Client, SlotHolder {
  readonly uid: number;
  readonly gid: number;
  readonly #options: ClientConnectionOptions;
  readonly #decoder = new FrameDecoder(HELLO_FRAME_BYTES_MAX);
  readonly #frame: BegunFrame;
  #helloTimer: NodeJS.Timeout | undefined;
  readonly #waiting: unknown[] = [];
  /** Bytes received since the last time without a request. */
  #bytesAhead = 0;
  #hasRoom = true;
  #isAnswering = false;
  #saidHello = false;
  #listens = false;
  #sinceMs = performance.now();
  /** Notifications that the system has not taken yet, because the client does not read. */
  #notificationsAhead = 0;

  constructor(options: ClientConnectionOptions) {
    const { user, shares } = options;
    this.uid = user.uid;
    this.gid = user.gid;
    this.#options = options;
    this.#frame = shares.clientFrames.open({
      uid: user.uid,
      onRoom: () => {
        this.#hasRoom = true;
        this.#readOrPause();
      },
      onLate: (why) => this.#end('TIMEOUT', why),
    });
  }

  listen(): void {
    const { socket } = this.#options;
    this.#helloTimer = setTimeout(() => {
      this.#end('TIMEOUT', `the client has not said hello in ${HELLO_TIMEOUT_MS / 1000} s`);
    }, HELLO_TIMEOUT_MS);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.once('close', () => {
      clearTimeout(this.#helloTimer);
      this.#frame.release();
    });
  }

  get activity(): SlotHolder['activity'] {
    if (!this.#saidHello) return 'silent';
    if (this.#isAnswering) return 'busy';
    return this.#listens ? 'listening' : 'idle';
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  makeRoom(why: string): void {
    this.#end('SHARE_USED_UP', why);
  }

  notify(notification: Notification): boolean {
    const { socket } = this.#options;
    if (!socket.writable || this.#notificationsAhead >= NOTIFICATIONS_AHEAD_MAX) return false;
    const message: NotificationMessage = { notification };
    const refusal = this.#send(encodeFrame(message, CLIENT_FRAME_BYTES_MAX), () => {
      this.#notificationsAhead--;
    });
    if (refusal !== undefined) return false;
    this.#notificationsAhead++;
    return true;
  }

  onClosed(callback: () => void): void {
    this.#options.socket.once('close', callback);
  }

  #receive(chunk: Buffer): void {
    try {
      const requests = this.#decoder.push(chunk);
      for (const request of requests) this.#waiting.push(request);
      this.#bytesAhead += chunk.length;
      this.#hasRoom = this.#frame.received(this.#decoder.begunBytes, requests.length > 0);
    } catch (error) {
      // The decoder throws only `FrameError`: the begin of the next message is not known any more.
      this.#end(error instanceof FrameError ? error.code : 'FAILED', describeError(error));
      return;
    }
    if (this.#waiting.length > 0 && !this.#isAnswering) this.#answerNext();
    this.#readOrPause();
  }

  #readOrPause(): void {
    const { socket } = this.#options;
    const isAhead = this.#isAnswering && this.#bytesAhead > CLIENT_AHEAD_BYTES_MAX;
    if (this.#hasRoom && !isAhead) socket.resume();
    else socket.pause();
  }

  /** Thousands of requests of one client do not keep applications and other clients waiting. */
  #answerNext(): void {
    this.#isAnswering = true;
    this.#options.shares.turns.request(this.uid, () => {
      void this.#answer(this.#waiting.shift()).then((reply) => {
        this.#write(reply);
        this.#whenRead(() => this.#answered());
      });
    });
  }

  #answered(): void {
    if (this.#waiting.length > 0) {
      this.#answerNext();
      return;
    }
    this.#isAnswering = false;
    this.#bytesAhead = 0;
    this.#sinceMs = performance.now();
    this.#readOrPause();
  }

  /** Calls back once the client has read most of its answers: it gets no others before. */
  #whenRead(callback: () => void): void {
    const { socket } = this.#options;
    if (socket.writableNeedDrain) socket.once('drain', callback);
    else callback();
  }

  async #answer(message: unknown): Promise<Reply> {
    const id = requestIdOf(message);
    try {
      const request = checkClientRequest(message);
      if (request.command === 'hello') this.#acceptHello();
      else if (!this.#saidHello) return { id, ok: false, code: 'PROTOCOL_VERSION', message: 'say hello first' };
      if (request.command === 'subscribe') this.#listens = true;
      return { id, ok: true, result: await this.#options.execute(request, this) };
    } catch (error) {
      if (!(error instanceof RingtailError))
        this.#logOf('failed commands').error(`a command failed: ${(error as Error).stack}`);
      const code =
        error instanceof ShapeError ? 'BAD_PARAMETER' : error instanceof RingtailError ? error.code : 'FAILED';
      const hint = error instanceof DaemonError ? error.hint : undefined;
      return { id, ok: false, code, message: describeError(error), ...(hint !== undefined && { hint }) };
    }
  }

  #acceptHello(): void {
    this.#saidHello = true;
    clearTimeout(this.#helloTimer);
    this.#decoder.bytesMax = CLIENT_FRAME_BYTES_MAX;
  }

  #logOf(about: string): Log {
    return this.#options.log.of(this.uid, about);
  }

  #write(reply: Reply): void {
    if (!this.#options.socket.writable) return;
    const refusal = this.#send(frameOf(reply));
    if (refusal === undefined) return;
    const message = `the answer cannot be sent: ${refusal}`;
    this.#logOf('unread answers').warn(`client of user ${this.uid}: ${message}`);
    // This answer is short, and the only one: the next request waits until it is read.
    this.#options.socket.write(frameOf({ id: reply.id, ok: false, code: 'SHARE_USED_UP', message }));
  }

  /** @returns why the share has no room for an unread message. Root, who is trusted, has room for everything. */
  #send(frame: Buffer, onTaken: () => void = () => {}): string | undefined {
    const { socket, shares } = this.#options;
    const refusal = shares.clientBytes.take(this.uid, frame.length);
    if (refusal !== undefined && this.uid !== 0) return refusal;
    socket.write(frame, () => {
      if (refusal === undefined) shares.clientBytes.give(this.uid, frame.length);
      onTaken();
    });
    return undefined;
  }

  /** Ends the connection, for the reason given. */
  #end(code: string, message: string): void {
    const { socket } = this.#options;
    if (!socket.writable) return;
    this.#logOf('ended connections of clients').warn(`client of user ${this.uid}: disconnected: ${message}`);
    socket.write(frameOf({ id: 0, ok: false, code, message }));
    socket.destroySoon();
    const timer = setTimeout(() => socket.destroy(), LAST_ANSWER_MS);
    socket.once('close', () => clearTimeout(timer));
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
