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
  /** Carries a command out, or begins to. Throws the error to answer with. */
  onCommand(
    command: ConsumerCommand,
  ): SessionStatistics | readonly ChannelUse[] | null | Promise<SessionStatistics | null>;
  /** Called once, when the session daemon is gone or has sent a broken frame. */
  onClosed(why: string): void;
}

/**
 * Connection to the session daemon. Each request is answered once, in order except for requests that are answered
 * later.
 *
 * An error with a code becomes an answer; errors of the system have codes such as `ENOSPC`. Any other error is a
 * failure of this process and is thrown on.
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

  /** Ends the connection without calling the handlers. */
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

  /** @throws an error without a code: a failure of this process */
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
