import type { DataStreamReader, Message, Next } from '@ringtail/ctf';
import type { EventLoops, TurnHeap } from '@ringtail/ctf/internal';
import type { MessageSource } from './message-merge.ts';

/** The messages of a data stream, and messages where its packets begin and end. */
export class BoundarySource implements MessageSource {
  readonly #reader: DataStreamReader;

  constructor(reader: DataStreamReader) {
    this.#reader = reader;
  }

  skipPacket(): boolean {
    return this.#reader.skipPacket();
  }

  takeEvents(loops: EventLoops, heap: TurnHeap): number {
    return this.#reader.takeEvents(loops, heap);
  }

  next(): Next<Message> {
    // The type hides messages of packets, which `TraceReader.messages` has in its type.
    return this.#reader.nextWithBoundaries() as Next<Message>;
  }
}
