import type { Socket } from 'node:net';
import {
  CONSUMER_FRAME_BYTES_MAX,
  type ConsumerCommand,
  type ConsumerReply,
  checkConsumerReply,
  checkReply,
  encodeFrame,
  FrameDecoder,
  type Reply,
} from '@ringtail/protocol';

/** A session daemon's end of the consumer socket. */
export class ConsumerPeer {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(CONSUMER_FRAME_BYTES_MAX);
  readonly #replies: Reply[] = [];
  #waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.#replies.push(...this.#decoder.push(chunk).map(checkReply));
      this.#waiting?.();
    });
  }

  send(message: unknown): void {
    this.#socket.write(encodeFrame(message, CONSUMER_FRAME_BYTES_MAX));
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  async reply(): Promise<Reply> {
    while (this.#replies.length === 0) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#replies.shift() as Reply;
  }

  async request(command: ConsumerCommand): Promise<ConsumerReply> {
    this.send({ id: 1, command });
    return checkConsumerReply(command.type, await this.reply());
  }

  end(): void {
    this.#socket.destroy();
  }
}
