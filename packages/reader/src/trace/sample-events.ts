import type { PacketSummary } from '@ringtail/ctf';
import { EventVisitor, Turn, TurnHeap } from '@ringtail/ctf/internal';
import { packetReader, untilDamage } from './packet-events.ts';
import type { TraceStream } from './trace-stream.ts';

/** Number of events, and the programs that recorded them. */
export interface EventSample {
  readonly count: number;
  /** Whether all packets were decoded. Otherwise the count is projected from some of them. */
  readonly isExact: boolean;
  /** Sorted, each once; empty where neither packets nor the trace name a program. */
  readonly programs: readonly string[];
}

interface SampledPacket {
  readonly stream: TraceStream;
  readonly packet: PacketSummary;
  readonly bytes: number;
}

/**
 * Counts the events of data streams. Long data streams are sampled: packets at equal distances are decoded, about
 * `bytesMax` together, and the count is projected by their sizes.
 *
 * @returns undefined where the places of packets are not known, see `INDEX_PACKETS_MAX`
 */
export function sampleEvents(streams: readonly TraceStream[], bytesMax: number): EventSample | undefined {
  const packets = streams.flatMap((stream) =>
    stream.index.packets.map((packet) => ({ stream, packet, bytes: contentBytes(stream, packet) })),
  );
  if (streams.some(({ index, firstBeginNs }) => index.packets.length === 0 && firstBeginNs !== undefined)) {
    return undefined;
  }
  const all = sumOfBytes(packets);
  const step = Math.max(1, Math.ceil(all / bytesMax));
  const sample = packets.filter((_, i) => i % step === 0);
  const sampled = sumOfBytes(sample);
  const count = sample.reduce((sum, { stream, packet }) => sum + countInPacket(stream, packet), 0);
  return {
    count: step === 1 ? count : Math.round((count * all) / sampled),
    isExact: step === 1,
    programs: [...new Set(streams.flatMap((stream) => programOf(stream) ?? []))].sort(),
  };
}

function sumOfBytes(packets: readonly SampledPacket[]): number {
  return packets.reduce((sum, { bytes }) => sum + bytes, 0);
}

function contentBytes({ sources }: TraceStream, { contentBits, sourceIdx, offsetBytes }: PacketSummary): number {
  const rest = (sources[sourceIdx]?.medium.size?.() ?? offsetBytes) - offsetBytes;
  return Math.max(1, Math.min(contentBits / 8, rest));
}

/** Number of events before the end or a damage of the packet. */
function countInPacket(stream: TraceStream, packet: PacketSummary): number {
  const reader = packetReader(stream, packet);
  const visitor = new EventVisitor({});
  const heap = new TurnHeap();
  const turn = new Turn(0);
  heap.push(turn);
  let count = 0;
  untilDamage(() => {
    for (let next = reader.next(); next.kind === 'item'; next = reader.next()) {
      if (next.item.kind === 'event') count += 1;
      turn.seconds = Number.NEGATIVE_INFINITY;
      count += reader.takeEvents(visitor, heap);
    }
    return undefined;
  });
  return count;
}

/** Name of the program in the environment, else the context `procname`, else the one of the trace. */
function programOf(stream: TraceStream): string | undefined {
  const { environment } = stream.decoder.class;
  const { vpid, procname } = contextOf(stream);
  const names = [environment.get(`program_${vpid}`), procname, environment.get('procname')];
  return names.find((name): name is string => typeof name === 'string' && name !== '');
}

/** The context of the first packet with an event. */
function contextOf(stream: TraceStream): Readonly<Record<string, unknown>> {
  const [first] = stream.index.packets;
  if (first === undefined) return {};
  const reader = packetReader(stream, first);
  const found = untilDamage(() => {
    for (let next = reader.next(); next.kind === 'item'; next = reader.next()) {
      if (next.item.kind === 'event') return next.item.packet.context;
    }
    return undefined;
  });
  return found ?? {};
}
