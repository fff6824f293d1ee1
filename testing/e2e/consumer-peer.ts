import type { Socket } from 'node:net';
import {
  CONSUMER_FRAME_BYTES_MAX,
  type ConsumerCommand,
  type ConsumerReply,
  checkConsumerReply,
  encodeFrame,
  FrameDecoder,
} from '@ringtail/protocol';

/** A session daemon's end of the consumer socket. */
export class ConsumerPeer {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(CONSUMER_FRAME_BYTES_MAX);
  readonly #replies: ConsumerReply[] = [];
  #waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.#replies.push(...this.#decoder.push(chunk).map(checkConsumerReply));
      this.#waiting?.();
    });
  }

  send(message: unknown): void {
    this.#socket.write(encodeFrame(message, CONSUMER_FRAME_BYTES_MAX));
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  async reply(): Promise<ConsumerReply> {
    while (this.#replies.length === 0) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#replies.shift() as ConsumerReply;
  }

  async request(command: ConsumerCommand): Promise<ConsumerReply> {
    this.send({ id: 1, command });
    return this.reply();
  }

  end(): void {
    this.#socket.destroy();
  }
}
