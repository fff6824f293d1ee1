import { createConnection, type Socket } from 'node:net';
import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import {
  type ChannelUse,
  CONSUMER_FRAME_BYTES_MAX,
  type ConsumerCommand,
  type ConsumerReply,
  checkConsumerRequest,
  encodeFrame,
  FrameDecoder,
  requestIdOf,
  type SessionStatistics,
} from '@ringtail/protocol';

export interface ConnectionHandlers {
  /** Carries a command out, or begins to. Throws what the session daemon is to be told. */
  onCommand(
    command: ConsumerCommand,
  ): SessionStatistics | readonly ChannelUse[] | null | Promise<SessionStatistics | null>;
  /** The session daemon is gone, or speaks nonsense. Called once. */
  onClosed(why: string): void;
}

/**
 * The connection to the session daemon: answers each request once, in order but for those that take their time.
 *
 * Errors with a code are answers, those of the system with its own (`ENOSPC`, …). Anything else is a failure of ours and
 * is thrown on.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(CONSUMER_FRAME_BYTES_MAX);
  readonly #handlers: ConnectionHandlers;
  #closed = false;

  constructor(path: string, handlers: ConnectionHandlers) {
    this.#handlers = handlers;
    this.#socket = createConnection(path);
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#close(`the connection to the session daemon failed: ${error.message}`));
    this.#socket.on('close', () => this.#close('the session daemon closed the connection'));
  }

  /** Ends the connection without telling the handlers. */
  end(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #take(chunk: Uint8Array): void {
    let messages: unknown[];
    try {
      messages = this.#decoder.push(chunk);
    } catch (error) {
      this.#close(describeError(error));
      return;
    }
    for (const message of messages) {
      if (this.#closed) return;
      this.#answer(message);
    }
  }

  #answer(message: unknown): void {
    try {
      const { id, command } = checkConsumerRequest(message);
      const result = this.#handlers.onCommand(command);
      if (!(result instanceof Promise)) this.#send({ id, ok: true, result });
      else {
        result.then(
          (statistics) => this.#send({ id, ok: true, result: statistics }),
          (error: unknown) => this.#refuse(message, error),
        );
      }
    } catch (error) {
      this.#refuse(message, error);
    }
  }

  /** @throws what is a failure of ours */
  #refuse(message: unknown, error: unknown): void {
    const code = error instanceof RingtailError ? error.code : errnoOf(error);
    if (code === undefined) throw error;
    this.#send({ id: requestIdOf(message), ok: false, code, message: describeError(error) });
  }

  #send(reply: ConsumerReply): void {
    if (!this.#closed) this.#socket.write(encodeFrame(reply, CONSUMER_FRAME_BYTES_MAX));
  }

  #close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#handlers.onClosed(why);
  }
}
