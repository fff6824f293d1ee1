import { nanosecondsOf, RingtailError } from '@ringtail/base';
import type { DataStreamReader, PacketPlace } from '@ringtail/ctf';
import { EventVisitor, Turn, TurnHeap } from '@ringtail/ctf/internal';
import { readerOf, type StreamSource } from './stream-source.ts';

/** Time of the first event of a packet; undefined where it has none, or is damaged. Decodes no further. */
export function firstEventNs(stream: StreamSource, packet: PacketPlace): bigint | undefined {
  const reader = packetReader(stream, packet);
  return untilDamage(() => {
    for (;;) {
      const next = reader.next();
      if (next.kind !== 'item') return undefined;
      if (next.item.kind === 'event') return next.item.at;
    }
  });
}

/** Time of the last event of a packet; undefined where it has none, or is damaged. Decodes the packet. */
export function lastEventNs(stream: StreamSource, packet: PacketPlace): bigint | undefined {
  const reader = packetReader(stream, packet);
  const visitor = new EventVisitor({});
  const heap = new TurnHeap();
  const turn = new Turn(0);
  heap.push(turn);
  let last: bigint | undefined;
  return untilDamage(() => {
    for (;;) {
      const next = reader.next();
      if (next.kind !== 'item') return last;
      // A file may contain packets of several classes, also of a class without a clock.
      if (next.item.stream.clockClass === undefined) return undefined;
      if (next.item.kind === 'event') last = next.item.at;
      turn.seconds = Number.NEGATIVE_INFINITY;
      const count = reader.takeEvents(visitor, heap);
      if (count > 0) last = nanosecondsOf({ seconds: heap.lastSeconds, nanoseconds: heap.lastNanoseconds });
    }
  });
}

/** Reads one packet of a data stream. */
export function packetReader(stream: StreamSource, packet: PacketPlace): DataStreamReader {
  const reader = readerOf(stream);
  reader.follow([packet]);
  return reader;
}

/** The result of a reading; undefined where the data is damaged. */
export function untilDamage<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RingtailError) return undefined;
    throw error;
  }
}
