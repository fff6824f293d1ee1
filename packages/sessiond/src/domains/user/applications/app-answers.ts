import type { Posix } from '@ringtail/posix';
import { APP_FRAME_BYTES_MAX, type AppReply, encodeFrame, type LookMessage } from '@ringtail/protocol';
import { PeerRefusal } from '../../../peers/peer-refusal.ts';
import { APP_UNREAD_BYTES_MAX } from '../../../shares/limits.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';

/** The tracer has one request open at a time: a peer with this many is not a tracer. */
const REPLIES_OPEN_MAX = 64;
const SEND_AGAIN_MS = 10;

export interface AppAnswersOptions {
  readonly posix: Posix;
  readonly descriptor: number;
  readonly uid: number;
  /** Bytes of unread answers of all applications. */
  readonly pool: SharedPool;
  /** Called when the application does not read its answers; `close` is expected then. */
  readonly onUnread: (why: string) => void;
  /** Called when an answer cannot be sent since the peer has gone. */
  readonly onPeerGone: (error: unknown) => void;
}

/** Sends the answers to one application in the order of its messages, and keeps a bounded number of unread bytes. */
export class AppAnswers {
  readonly #options: AppAnswersOptions;
  #inOrder: Promise<void> = Promise.resolve();
  #openCount = 0;
  #unsent = Buffer.alloc(0);
  /** Whether a `look` without a turn has been the last message. While it waits, it stands for further ones. */
  #endsWithLook = false;
  #sendAgain: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: AppAnswersOptions) {
    this.#options = options;
  }

  /** Sends an answer after all earlier ones. @throws {PeerRefusal} if too many are open */
  reply(reply: AppReply | Promise<AppReply>): void {
    if (++this.#openCount > REPLIES_OPEN_MAX) {
      throw new PeerRefusal('BAD_MESSAGE', 'too much was asked ahead of the answers');
    }
    this.#inOrder = this.#inOrder
      .then(() => reply)
      .then((settled) => {
        this.#openCount--;
        this.send(settled);
      });
  }

  send(message: AppReply | LookMessage): void {
    if (this.#isClosed) return;
    const isLook = message.type === 'look' && message.turn === 0;
    if (isLook && this.#endsWithLook && this.#unsent.length > 0) return;
    this.#endsWithLook = isLook;
    const { pool, uid, onUnread } = this.#options;
    const frame = encodeFrame(message, APP_FRAME_BYTES_MAX);
    const refusal = pool.take(uid, frame.length);
    if (refusal !== undefined) {
      onUnread(`it does not read its answers: ${refusal}`);
      return;
    }
    this.#unsent = Buffer.concat([this.#unsent, frame]);
    this.#flush();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#sendAgain);
    this.#giveBack(this.#unsent.length);
  }

  #giveBack(bytes: number): void {
    this.#options.pool.give(this.#options.uid, bytes);
  }

  #flush(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#sendAgain);
    const { posix, descriptor, onUnread, onPeerGone } = this.#options;
    try {
      const sent = posix.writeNonBlocking(descriptor, this.#unsent);
      this.#giveBack(sent);
      this.#unsent = this.#unsent.subarray(sent);
    } catch (error) {
      // The messages that the peer sent before it went are still to be read.
      onPeerGone(error);
      this.#giveBack(this.#unsent.length);
      this.#unsent = Buffer.alloc(0);
      return;
    }
    if (this.#unsent.length > APP_UNREAD_BYTES_MAX) onUnread('it does not read its answers');
    else if (this.#unsent.length > 0) this.#sendAgain = setTimeout(() => this.#flush(), SEND_AGAIN_MS);
  }
}
