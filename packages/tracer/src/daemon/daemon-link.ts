import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { describeError } from '@ringtail/base';
import { now } from '@ringtail/base/node';
import { type Posix, PosixError } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  type AppMessage,
  type AppReply,
  encodeFrame,
  FrameDecoder,
  type LookMessage,
  type RegisterMessage,
} from '@ringtail/protocol';
import { guarded, inNextTurn, later } from '../host/event-loop.ts';

/** How long a send may wait for a daemon that does not read. */
const SEND_TIMEOUT_MS = 500;
/** When to try again where the socket took a part of a message only. */
const SEND_REST_AFTER_MS = 10;

/**
 * The connection of this thread to one session daemon.
 *
 * Exchanges are synchronous, because a tracepoint may need one in a program that never returns to its event loop. The
 * event loop only watches for the connection's end, and never stays alive for it.
 */
export class DaemonLink {
  readonly slot: number;
  readonly #posix: Posix;
  readonly #fd: number;
  /** Of the socket: the application may close it, and have its number for something else. */
  readonly #inode: number;
  readonly #socket: Socket;
  readonly #replies = new FrameDecoder(APP_FRAME_BYTES_MAX);
  readonly #arrived: AppReply[] = [];
  readonly #chunk = new Uint8Array(65536);
  /** Replies still to come to requests that nobody waits for any more. */
  #overdue = 0;
  readonly #onLook: () => void;
  readonly #onRefused: (why: string) => void;
  readonly #onLost: () => void;
  /** Whether the registration has been answered. */
  #isAnswered = false;
  #open = true;
  /** End of a frame whose beginning is out. */
  #rest: Uint8Array | undefined;
  #restScheduled = false;

  private constructor(
    posix: Posix,
    fd: number,
    slot: number,
    listeners: {
      readonly onLook: () => void;
      readonly onRefused: (why: string) => void;
      readonly onLost: () => void;
      readonly onEnd: (link: DaemonLink) => void;
    },
  ) {
    const { onEnd } = listeners;
    this.#posix = posix;
    this.#fd = fd;
    this.slot = slot;
    this.#onLook = listeners.onLook;
    this.#onRefused = listeners.onRefused;
    this.#onLost = listeners.onLost;
    this.#inode = fstatSync(fd).ino;
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.unref();
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on(
      'close',
      guarded(() => {
        this.#open = false;
        onEnd(this);
      }),
    );
  }

  /**
   * Connects and registers, waiting at most `timeoutMs` for the answer (0: not at all; negative: for ever).
   *
   * @returns the link, or why there is none
   */
  static connect(options: {
    posix: Posix;
    socketPath: string;
    register: RegisterMessage;
    controlFd: number;
    timeoutMs: number;
    /**
     * The daemon has published something that is not to wait for the thread's next event: it says so, or it has just taken the
     * registration. May be called in the middle of an exchange.
     */
    onLook: () => void;
    /** The daemon has refused the registration after nobody waited for its answer any more. */
    onRefused: (why: string) => void;
    /** The application has closed the connection's descriptor, whose number is no longer ours to use or to close. */
    onLost: () => void;
    onEnd: (link: DaemonLink) => void;
  }): DaemonLink | { refused: string } {
    const { posix, register, timeoutMs } = options;
    const fd = posix.connectUnix(options.socketPath, timeoutMs < 0 ? -1 : Math.max(timeoutMs, SEND_TIMEOUT_MS));
    const link = new DaemonLink(posix, fd, register.slot, options);
    const refusal = link.#register(register, options.controlFd);
    if (refusal !== undefined) return { refused: refusal };
    link.#overdue += 1;
    if (timeoutMs === 0) return link;
    link.#overdue -= 1;
    const reply = link.#await(timeoutMs);
    if (reply?.type === 'refused') {
      link.close();
      return { refused: reply.message };
    }
    return link;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Looks at the connection itself: while an event waits, the event loop that would notice its end stands still. */
  isAlive(): boolean {
    if (!this.#isOurs()) return false;
    try {
      const count = this.#posix.receive(this.#fd, this.#chunk, 0);
      if (count === 0) this.close();
      else this.#take(this.#chunk.subarray(0, count));
    } catch (error) {
      if (!(error instanceof PosixError) || error.code !== 'TIMEOUT') this.close();
    }
    return this.#open;
  }

  /** Sends the registration. @returns why the daemon did not take it; undefined if it did */
  #register(message: RegisterMessage, controlFd: number): string | undefined {
    try {
      this.#posix.sendWithFd(this.#fd, encodeFrame(message, APP_FRAME_BYTES_MAX), controlFd, SEND_TIMEOUT_MS);
      return undefined;
    } catch (error) {
      const isSilent = error instanceof PosixError && error.code === 'TIMEOUT';
      // A daemon without a place for this thread refuses and closes before it reads: the refusal is in the socket.
      const reply = isSilent ? undefined : this.#await(SEND_TIMEOUT_MS);
      this.close();
      if (reply?.type === 'refused') return reply.message;
      if (isSilent) return 'the session daemon does not read';
      return `the session daemon has closed the connection: ${describeError(error)}`;
    }
  }

  /** Sends a message, with a descriptor if given. False if the daemon is gone or does not read. */
  send(message: AppMessage, fd: number | null = null): boolean {
    if (!this.#isOurs()) return false;
    try {
      if (this.#rest !== undefined) {
        this.#posix.sendWithFd(this.#fd, this.#rest, null, SEND_TIMEOUT_MS);
        this.#rest = undefined;
      }
      this.#posix.sendWithFd(this.#fd, encodeFrame(message, APP_FRAME_BYTES_MAX), fd, SEND_TIMEOUT_MS);
      return true;
    } catch {
      // Half a frame may be out: the connection cannot be used any more.
      this.close();
      return false;
    }
  }

  /** Sends a message without waiting for anybody. False if the daemon is gone or has not read what was sent before. */
  trySend(message: AppMessage): boolean {
    if (!this.#isOurs() || !this.#sendRest()) return false;
    try {
      const frame = encodeFrame(message, APP_FRAME_BYTES_MAX);
      const sent = this.#posix.sendNow(this.#fd, frame);
      if (sent === 0) return false;
      if (sent < frame.length) this.#rest = frame.subarray(sent);
      this.#sendRest();
      return true;
    } catch {
      this.close();
      return false;
    }
  }

  /** Sends a message and waits for its reply. Undefined if the daemon is gone or silent. */
  request(message: AppMessage, timeoutMs: number): AppReply | undefined {
    return this.send(message) ? this.#await(timeoutMs) : undefined;
  }

  close(): void {
    if (!this.#isOurs()) return;
    this.#open = false;
    this.#socket.destroy();
  }

  /** Whether the connection is open, and its descriptor still is the connection. */
  #isOurs(): boolean {
    if (!this.#open || this.#socket.destroyed) return false;
    try {
      if (fstatSync(this.#fd).ino === this.#inode) return true;
    } catch {
      // Nothing has the number now.
    }
    this.#open = false;
    this.#onLost();
    return false;
  }

  /** Whether nothing is left of an earlier message; what is will be sent from the event loop. */
  #sendRest(): boolean {
    try {
      while (this.#rest !== undefined) {
        const sent = this.#posix.sendNow(this.#fd, this.#rest);
        if (sent === 0) break;
        this.#rest = sent < this.#rest.length ? this.#rest.subarray(sent) : undefined;
      }
    } catch {
      this.close();
      return false;
    }
    if (this.#rest === undefined) return true;
    if (!this.#restScheduled) {
      this.#restScheduled = true;
      later(SEND_REST_AFTER_MS, () => {
        this.#restScheduled = false;
        if (this.#isOurs()) this.#sendRest();
      });
    }
    return false;
  }

  #await(timeoutMs: number): AppReply | undefined {
    const deadline = now() + timeoutMs;
    try {
      for (;;) {
        const reply = this.#next();
        if (reply !== undefined) return reply;
        const left = timeoutMs < 0 ? -1 : deadline - now();
        if (timeoutMs >= 0 && left <= 0) break;
        const count = this.#posix.receive(this.#fd, this.#chunk, left);
        if (count === 0) {
          this.close();
          return undefined;
        }
        this.#take(this.#chunk.subarray(0, count));
      }
    } catch {
      // A time-out, or a connection that broke, which the event loop will notice too.
    }
    this.#overdue += 1;
    return undefined;
  }

  #next(): AppReply | undefined {
    while (this.#overdue > 0 && this.#arrived.length > 0) {
      this.#arrived.shift();
      this.#overdue -= 1;
    }
    return this.#arrived.shift();
  }

  /** The question may have been read in the middle of an exchange: what counts is that the event loop goes round. */
  #answerFromEventLoop(turn: number): void {
    inNextTurn(() => this.trySend({ type: 'alive', turn }));
  }

  #take(bytes: Uint8Array): void {
    try {
      for (const message of this.#replies.push(bytes) as (AppReply | LookMessage)[]) {
        if (message.type === 'look' || message.type === 'registered') this.#onLook();
        if (message.type !== 'look' && !this.#isAnswered) {
          this.#isAnswered = true;
          if (message.type === 'refused' && this.#overdue > 0) this.#onRefused(message.message);
        }
        if (message.type !== 'look') this.#arrived.push(message);
        else if (message.turn > 0) this.#answerFromEventLoop(message.turn);
      }
    } catch {
      this.close();
    }
  }
}
