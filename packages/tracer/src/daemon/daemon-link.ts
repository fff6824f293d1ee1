import { Socket } from 'node:net';
import { describeError } from '@ringtail/base';
import { now } from '@ringtail/base/node';
import { type Posix, PosixError } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  APP_PROTOCOL_VERSION,
  type AppMessage,
  type AppReply,
  checkDaemonMessage,
  encodeFrame,
  FrameDecoder,
  type RefusedReply,
  type RegisterMessage,
} from '@ringtail/protocol';
import { guarded, inNextTurn, later } from '../host/event-loop.ts';
import { inodeOfSocket } from '../host/files.ts';
import { settings } from '../host/inheritance.ts';
import { sendTimeoutMs } from './daemon-timeouts.ts';

/** Limit for a send to a daemon that does not read, in milliseconds; −1: none. */
const sendTimeout = sendTimeoutMs(settings());
/** Least limit for connecting, which takes no time unless the daemon's queue is full. */
const CONNECT_TIMEOUT_MS_MIN = 500;
/** Delay of the next attempt after the socket took only a part of a message. */
const SEND_REST_AFTER_MS = 10;

/** The answer to a request. It may arrive after the thread has stopped waiting for it. */
export interface PendingReply {
  /** Undefined until the answer arrives. */
  readonly message: AppReply | undefined;
}

interface ExpectedReply {
  message: AppReply | undefined;
}

export interface DaemonLinkListeners {
  /**
   * The daemon has published something that must not wait for the thread's next event, or has accepted the
   * registration. May be called in the middle of an exchange.
   */
  readonly onPublished: () => void;
  /** The daemon has refused the registration after the thread stopped waiting for the answer. */
  readonly onRefused: (reason: string) => void;
  /** The application has closed the connection's descriptor: its number is no longer ours to use or to close. */
  readonly onLost: () => void;
  readonly onEnd: (link: DaemonLink) => void;
}

export interface DaemonLinkOptions extends DaemonLinkListeners {
  readonly posix: Posix;
  readonly socketPath: string;
  readonly register: RegisterMessage;
  readonly controlFd: number;
  /** Limit for the answer to the registration. 0: does not wait; negative: waits without a limit. */
  readonly timeoutMs: number;
}

/**
 * The connection of this thread to one session daemon.
 *
 * Exchanges are synchronous, because a tracepoint may need one in a program that never returns to its event loop. The
 * event loop only reads messages that nothing waits for, and watches for the connection's end. The connection never
 * keeps it alive.
 *
 * A daemon that lets one wait reach its limit is not waited for again until it has answered: so a daemon that hangs
 * holds the program up once.
 */
export class DaemonLink {
  readonly slot: number;
  readonly #posix: Posix;
  readonly #fd: number;
  /** The socket's inode: the application may close the descriptor, and have its number for something else. */
  readonly #inode: bigint;
  readonly #socket: Socket;
  readonly #listeners: DaemonLinkListeners;
  readonly #decoder = new FrameDecoder(APP_FRAME_BYTES_MAX);
  readonly #chunk = new Uint8Array(65536);
  /** Requests without an answer, oldest first: the daemon answers in order. */
  readonly #unanswered: ExpectedReply[] = [];
  /** The registration, once the thread has stopped waiting for its answer. */
  #lateRegistration: ExpectedReply | undefined;
  /** A wait has reached its limit, and no answer has arrived since. */
  #isSilent = false;
  #open = true;
  /** End of a frame whose beginning has been sent. */
  #rest: Uint8Array | undefined;
  #restIsScheduled = false;

  private constructor(posix: Posix, fd: number, slot: number, listeners: DaemonLinkListeners) {
    this.#posix = posix;
    this.#fd = fd;
    this.slot = slot;
    this.#listeners = listeners;
    this.#inode = inodeOfSocket(fd);
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.unref();
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on(
      'close',
      guarded(() => {
        this.#open = false;
        listeners.onEnd(this);
      }),
    );
  }

  /**
   * Connects and registers.
   *
   * @returns the link, or the reason why the daemon refuses the thread
   * @throws {PosixError} where the daemon cannot be reached
   */
  static connect(options: DaemonLinkOptions): DaemonLink | { refused: string } {
    const { posix, register, timeoutMs } = options;
    const fd = posix.connectUnix(options.socketPath, timeoutMs < 0 ? -1 : Math.max(timeoutMs, CONNECT_TIMEOUT_MS_MIN));
    const link = new DaemonLink(posix, fd, register.slot, options);
    const registration = link.#expectReply();
    const refusal = link.#register(registration, register, options.controlFd);
    if (refusal !== undefined) return { refused: refusal };
    if (timeoutMs !== 0) link.#await(registration, timeoutMs);
    if (registration.message?.type === 'refused') {
      link.close();
      return { refused: describeRefusal(registration.message) };
    }
    link.#lateRegistration = registration;
    return link;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Reads what the daemon has sent, without waiting, and whether the connection has ended: while an event waits, the
   * event loop stands still and would notice neither.
   *
   * @returns whether the connection is open
   */
  poll(): boolean {
    if (!this.#isOurs()) return false;
    try {
      const count = this.#posix.receive(this.#fd, this.#chunk, 0);
      if (count === 0) this.close();
      else this.#receive(this.#chunk.subarray(0, count));
    } catch (error) {
      if (!(error instanceof PosixError) || error.code !== 'TIMEOUT') this.close();
    }
    return this.#open;
  }

  /** Sends the registration. @returns the reason why the daemon refuses it; undefined if it does not */
  #register(registration: ExpectedReply, message: RegisterMessage, controlFd: number): string | undefined {
    try {
      this.#posix.sendWithFd(this.#fd, encodeFrame(message, APP_FRAME_BYTES_MAX), controlFd, sendTimeout);
      return undefined;
    } catch (error) {
      const isSilent = error instanceof PosixError && error.code === 'TIMEOUT';
      // A daemon without a place for this thread refuses and closes before it reads: the refusal is in the socket.
      if (!isSilent) this.#await(registration, sendTimeout);
      this.close();
      if (registration.message?.type === 'refused') return describeRefusal(registration.message);
      if (isSilent) return 'the session daemon does not read';
      return `the session daemon has closed the connection: ${describeError(error)}`;
    }
  }

  /** Sends a message, with a descriptor if given. @returns false if the daemon is gone or does not read */
  send(message: AppMessage, fd: number | null = null): boolean {
    if (!this.#isOurs()) return false;
    try {
      if (this.#rest !== undefined) {
        this.#posix.sendWithFd(this.#fd, this.#rest, null, sendTimeout);
        this.#rest = undefined;
      }
      this.#posix.sendWithFd(this.#fd, encodeFrame(message, APP_FRAME_BYTES_MAX), fd, sendTimeout);
      return true;
    } catch {
      // Half a frame may have been sent: the connection cannot be used any more.
      this.close();
      return false;
    }
  }

  /** Sends a message without waiting. @returns false if the daemon is gone or has not read earlier messages */
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

  /**
   * Sends a message and waits for its answer, at most `timeoutMs` (negative: without a limit). Does not wait where an
   * earlier wait has reached its limit and the daemon has not answered since.
   *
   * @returns undefined if the message cannot be sent
   */
  request(message: AppMessage, timeoutMs: number): PendingReply | undefined {
    const reply = this.#expectReply();
    if (!this.send(message)) return undefined;
    this.#await(reply, timeoutMs);
    return reply;
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
      if (inodeOfSocket(this.#fd) === this.#inode) return true;
    } catch {
      // No file has the number now.
    }
    this.#open = false;
    this.#listeners.onLost();
    return false;
  }

  /**
   * Sends the rest of an earlier message, later from the event loop if need be.
   *
   * @returns whether nothing is left of it
   */
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
    if (!this.#restIsScheduled) {
      this.#restIsScheduled = true;
      later(SEND_REST_AFTER_MS, () => {
        this.#restIsScheduled = false;
        if (this.#isOurs()) this.#sendRest();
      });
    }
    return false;
  }

  #expectReply(): ExpectedReply {
    const reply = { message: undefined };
    this.#unanswered.push(reply);
    return reply;
  }

  #await(reply: ExpectedReply, timeoutMs: number): void {
    const deadline = now() + (this.#isSilent ? 0 : timeoutMs);
    try {
      do {
        const leftMs = timeoutMs < 0 ? -1 : Math.max(0, deadline - now());
        const count = this.#posix.receive(this.#fd, this.#chunk, leftMs);
        if (count === 0) {
          this.close();
          return;
        }
        this.#receive(this.#chunk.subarray(0, count));
        if (reply.message !== undefined) return;
      } while (this.#open && (timeoutMs < 0 || now() < deadline));
    } catch {
      // The limit, or a connection that broke, which the event loop notices too.
    }
    this.#isSilent = true;
  }

  #receive(bytes: Uint8Array): void {
    try {
      for (const json of this.#decoder.push(bytes)) {
        const message = checkDaemonMessage(json);
        if (message.type === 'look' || message.type === 'registered') this.#listeners.onPublished();
        if (message.type !== 'look') this.#answered(message);
        else if (message.turn > 0) this.#answerFromEventLoop(message.turn);
      }
    } catch {
      this.close();
    }
  }

  #answered(message: AppReply): void {
    const reply = this.#unanswered.shift();
    if (reply === undefined) return;
    reply.message = message;
    this.#isSilent = false;
    if (reply === this.#lateRegistration && message.type === 'refused') {
      this.#listeners.onRefused(describeRefusal(message));
    }
  }

  /** The daemon asks whether the event loop runs. Its question may have been read in the middle of an exchange. */
  #answerFromEventLoop(turn: number): void {
    inNextTurn(() => this.trySend({ type: 'alive', turn }));
  }
}

/** The daemon's reason. A daemon of an earlier version names neither the version of this tracer nor the next step. */
function describeRefusal({ code, message }: RefusedReply): string {
  if (code !== 'PROTOCOL_VERSION') return message;
  return `${message} (this tracer speaks version ${APP_PROTOCOL_VERSION}: install the same version of Ringtail for the program and the session daemon)`;
}
