import fs from 'node:fs';
import type { PacketSummary } from '@ringtail/ctf';
import type { TraceReader } from '../open-traces.ts';
import { beginsWithWholeClock, type TraceStream } from '../trace-stream.ts';

/** Packets that follow each other are decoded by one job, at least so many bytes at a time: passing the turn costs a little. */
const SLICE_BYTES_MIN = 1 << 20;
/** The text of a packet is kept until its turn comes; that of larger ones is better not kept. */
const PACKET_BYTES_MAX = 1 << 24;

/** Packets of a data stream that one job decodes. */
export interface Slice {
  readonly packets: readonly PacketSummary[];
  /** The packet before them. */
  readonly previous: PacketSummary | undefined;
}

/** A data stream in slices that can be printed on their own, in any order, and put together. */
export interface SlicedStream {
  readonly stream: TraceStream;
  readonly slices: readonly Slice[];
  /** Size of the largest slice. */
  readonly sliceBytesMax: number;
  readonly totalBytes: number;
}

/**
 * Cuts what is to be read into slices.
 *
 * That can be done where a single data stream is read whole, and each of its packets begins with a whole clock value: then nothing
 * is carried over from one to the next but the time of the last event.
 *
 * @returns undefined where it cannot be done
 */
export function slicesOf(reader: TraceReader): SlicedStream | undefined {
  const streams = reader.traces.flatMap((trace) => trace.streams);
  const [stream] = streams;
  if (streams.length !== 1 || stream === undefined || stream.clockClass === undefined) return undefined;
  const range = reader.rangeOf(reader.traces.find((trace) => trace.streams.length > 0)!);
  if (reader.keep !== undefined || range.begin !== undefined || range.end !== undefined) return undefined;
  const { class: traceClass, metadataUuids } = stream.decoder;
  // Other processes know the metadata of one directory only.
  if (metadataUuids.size > 1) return undefined;
  if (traceClass.dataStreamClasses.length !== 1 || !beginsWithWholeClock(traceClass)) return undefined;
  const { packets, isOrdered } = stream.index;
  if (!isOrdered || !coversAll(stream) || packets[0] === undefined || packets[0].beginNs! < 0n) return undefined;
  if (packets.some(({ totalBytes }) => totalBytes! > PACKET_BYTES_MAX)) return undefined;
  return cut(stream, packets);
}

function cut(stream: TraceStream, packets: readonly PacketSummary[]): SlicedStream {
  const slices: Slice[] = [];
  let from = 0;
  let bytes = 0;
  let totalBytes = 0;
  let sliceBytesMax = 0;
  for (const [i, packet] of packets.entries()) {
    bytes += packet.totalBytes!;
    totalBytes += packet.totalBytes!;
    if (bytes < SLICE_BYTES_MIN && i + 1 < packets.length) continue;
    slices.push({ packets: packets.slice(from, i + 1), previous: packets[from - 1] });
    sliceBytesMax = Math.max(sliceBytesMax, bytes);
    from = i + 1;
    bytes = 0;
  }
  return { stream, slices, sliceBytesMax, totalBytes };
}

/** The index of a damaged data stream ends before the damage; the damage is to be reported as it always is. */
function coversAll({ sources, index }: TraceStream): boolean {
  const covered = sources.map(() => 0);
  for (const { sourceIdx, totalBytes } of index.packets) {
    if (totalBytes === undefined) return false;
    covered[sourceIdx]! += totalBytes;
  }
  return sources.every(({ name }, i) => fs.statSync(name).size === covered[i]);
}
