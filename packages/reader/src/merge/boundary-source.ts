import type { DataStreamReader, Message, Next } from '@ringtail/ctf';
import type { EventLoops, TurnHeap } from '@ringtail/ctf/internal';
import type { MessageSource } from './message-merge.ts';

/** The messages of a data stream with those of its packets, which are merged by time as others are. */
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
    // Whoever asked for boundaries takes them out of the merge again, see `TraceReader.messages`.
    return this.#reader.nextWithBoundaries() as Next<Message>;
  }
}
