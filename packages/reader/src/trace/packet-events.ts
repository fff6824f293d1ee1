import { RingtailError } from '@ringtail/base';
import { DataStreamReader, type PacketPlace } from '@ringtail/ctf';
import { EventVisitor, Turn, TurnHeap } from '@ringtail/ctf/internal';
import { nanosecondsOf } from '../instant.ts';
import type { TraceStream } from './trace-stream.ts';

type Stream = Pick<TraceStream, 'decoder' | 'identity' | 'sources' | 'id'>;

/** Time of the first event of a packet; undefined where it has none, or is damaged. Decodes no further. */
export function firstEventNs(stream: Stream, packet: PacketPlace): bigint | undefined {
  const reader = readerOf(stream, packet);
  return untilDamage(() => {
    for (;;) {
      const next = reader.next();
      if (next.kind !== 'item') return undefined;
      if (next.item.kind === 'event') return next.item.at;
    }
  });
}

/** Time of the last event of a packet; undefined where it has none, or is damaged. Decodes the packet. */
export function lastEventNs(stream: Stream, packet: PacketPlace): bigint | undefined {
  const reader = readerOf(stream, packet);
  const visitor = new EventVisitor({});
  const heap = new TurnHeap();
  const turn = new Turn(0);
  heap.push(turn);
  let last: bigint | undefined;
  return untilDamage(() => {
    for (;;) {
      const next = reader.next();
      if (next.kind !== 'item') return last;
      // A file may hold packets of several classes, also of one without a clock.
      if (next.item.stream.clockClass === undefined) return undefined;
      if (next.item.kind === 'event') last = next.item.at;
      turn.seconds = Number.NEGATIVE_INFINITY;
      const count = reader.takeEvents(visitor, heap);
      if (count > 0) last = nanosecondsOf({ seconds: heap.lastSeconds, nanoseconds: heap.lastNanoseconds });
    }
  });
}

function readerOf({ decoder, identity, sources, id }: Stream, packet: PacketPlace): DataStreamReader {
  const reader = new DataStreamReader(decoder, identity, sources, id);
  reader.follow([packet]);
  return reader;
}

function untilDamage(read: () => bigint | undefined): bigint | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RingtailError) return undefined;
    throw error;
  }
}
