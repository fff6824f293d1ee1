import { nanosecondsOf } from '@ringtail/base';
import type { DataStreamReader, Message, Next, PacketFields, PacketSummary } from '@ringtail/ctf';
import type { EventLoops, TurnHeap } from '@ringtail/ctf/internal';
import type { MessageSource } from '../../merge/message-merge.ts';
import { ReaderError } from '../../reader-error.ts';
import type { TraceStream } from '../../trace/trace-stream.ts';
import type { StreamSlice } from './slices.ts';

/**
 * The messages of a data stream for a slice.
 *
 * The index decides which packets concern the slice. A packet whose begin, end or data stream class differs from the
 * index is an error here, so that one process prints the traces.
 */
export class SliceSource implements MessageSource {
  readonly #reader: DataStreamReader;
  readonly #class: TraceStream['class'];
  readonly #packets: readonly PacketSummary[];
  #packet: PacketFields | undefined;
  #packetIdx = 0;

  constructor(reader: DataStreamReader, { class: of }: Pick<TraceStream, 'class'>, { packets, previous }: StreamSlice) {
    this.#reader = reader;
    this.#class = of;
    this.#packets = packets;
    reader.follow(packets, previous);
  }

  next(): Next<Message> {
    const next = this.#reader.next();
    if (next.kind === 'item' && next.item.kind === 'event' && next.item.packet !== this.#packet) {
      this.#packet = next.item.packet;
      if (next.item.stream.class.id !== this.#class?.id || !this.#isIndexed(this.#packet)) {
        throw new ReaderError('INDEX_WRONG', 'a packet differs from its index').within(next.item.stream.name);
      }
    }
    return next;
  }

  takeEvents(loops: EventLoops, heap: TurnHeap): number {
    return this.#reader.takeEvents(loops, heap);
  }

  /** Packets without events are not seen here. */
  #isIndexed({ begin, end }: PacketFields): boolean {
    if (begin === undefined || end === undefined) return false;
    const [beginNs, endNs] = [nanosecondsOf(begin), nanosecondsOf(end)];
    while (this.#packetIdx < this.#packets.length) {
      const packet = this.#packets[this.#packetIdx++]!;
      if (packet.beginNs === beginNs && packet.endNs === endNs) return true;
    }
    return false;
  }
}
