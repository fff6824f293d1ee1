import type { EventMessage, Message, Next } from '@ringtail/ctf';
import type { MessageSource } from '../merge/message-merge.ts';

/** Passes on the events that are wanted, and everything that is no event. */
export class MessageFilter implements MessageSource {
  readonly #source: MessageSource;
  readonly #keep: (event: EventMessage) => boolean;

  constructor(source: MessageSource, keep: (event: EventMessage) => boolean) {
    this.#source = source;
    this.#keep = keep;
  }

  skipPacket(): boolean {
    return this.#source.skipPacket?.() === true;
  }

  next(): Next<Message> {
    for (;;) {
      const next = this.#source.next();
      if (next.kind !== 'item' || next.item.kind !== 'event' || this.#keep(next.item)) return next;
    }
  }
}
