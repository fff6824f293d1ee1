import type { Socket } from 'node:net';
import { describeError } from '@ringtail/base';
import {
  CONSUMER_FRAME_BYTES_MAX,
  type ConsumerReply,
  checkConsumerReply,
  checkReply,
  encodeFrame,
  FrameDecoder,
} from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import type { JournalEntry } from './consumer-journal.ts';

export interface ConsumerConnectionOptions {
  readonly socket: Socket;
  /** Called for every answer, before the entry's own `onReply`. */
  readonly onReply: (entry: JournalEntry, reply: ConsumerReply) => void;
  /** Called once, when the socket is closed. */
  readonly onClosed: () => void;
  readonly log: Log;
}

/** One connection to a consumer: sends commands and pairs answers with them. */
export class ConsumerConnection {
  readonly #options: ConsumerConnectionOptions;
  readonly #decoder = new FrameDecoder(CONSUMER_FRAME_BYTES_MAX);
  readonly #unanswered = new Map<number, JournalEntry>();
  #nextId = 1;
  #answers = 0;

  constructor(options: ConsumerConnectionOptions) {
    this.#options = options;
    options.socket.on('data', (chunk) => this.#receive(chunk));
    options.socket.on('close', options.onClosed);
  }

  /** Number of answers so far. */
  get answers(): number {
    return this.#answers;
  }

  /** The commands without an answer, by their identifiers. */
  get unanswered(): ReadonlyMap<number, JournalEntry> {
    return this.#unanswered;
  }

  send(entry: JournalEntry): void {
    const id = this.#nextId++;
    this.#unanswered.set(id, entry);
    this.#options.socket.write(encodeFrame({ id, command: entry.command }, CONSUMER_FRAME_BYTES_MAX));
  }

  /** Asks the consumer to end: it drains its rings first. */
  end(): void {
    this.#options.socket.end();
  }

  close(): void {
    this.#options.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#decoder.push(chunk)) {
        const answer = checkReply(message);
        const entry = this.#unanswered.get(answer.id);
        if (entry === undefined) continue;
        const reply = checkConsumerReply(entry.command.type, answer);
        this.#unanswered.delete(reply.id);
        this.#answers++;
        this.#options.onReply(entry, reply);
        entry.onReply(reply);
      }
    } catch (error) {
      this.#options.log.error(`the consumer sent nonsense: ${describeError(error)}`);
      this.close();
    }
  }
}
