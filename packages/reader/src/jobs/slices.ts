import fs from 'node:fs';
import type { PacketSummary, TraceClass } from '@ringtail/ctf';
import type { TraceReader } from '../open-traces.ts';
import type { TraceStream } from '../trace-stream.ts';

/** Packets that follow each other are decoded by one job, up to about so many bytes at a time. */
const SLICE_BYTES = 1 << 17;

/** Packets of a data stream that one job decodes. */
export interface Slice {
  readonly packets: readonly PacketSummary[];
  /** The packet before them. */
  readonly previous: PacketSummary | undefined;
}

/**
 * Cuts what is to be read into slices that can be printed on their own, in any order, and put together.
 *
 * That is so where a single data stream is read whole, and each of its packets begins with a whole clock value: then nothing
 * is carried over from one to the next but the time of the last event.
 *
 * @returns undefined where it is not so
 */
export function slicesOf(reader: TraceReader): { stream: TraceStream; slices: readonly Slice[] } | undefined {
  const streams = reader.traces.flatMap((trace) => trace.streams);
  const [stream] = streams;
  if (streams.length !== 1 || stream === undefined || stream.clockClass === undefined) return undefined;
  if (reader.keep !== undefined || reader.range.begin !== undefined || reader.range.end !== undefined) return undefined;
  if (!beginsWithWholeClock(stream)) return undefined;
  const { packets, isOrdered } = stream.index;
  if (!isOrdered || !coversAll(stream) || packets[0] === undefined || packets[0].beginNs! < 0n) return undefined;
  return { stream, slices: cut(packets) };
}

function cut(packets: readonly PacketSummary[]): readonly Slice[] {
  const slices: Slice[] = [];
  let from = 0;
  let bytes = 0;
  for (const [i, packet] of packets.entries()) {
    bytes += packet.totalBytes!;
    if (bytes < SLICE_BYTES && i + 1 < packets.length) continue;
    slices.push({ packets: packets.slice(from, i + 1), previous: packets[from - 1] });
    from = i + 1;
    bytes = 0;
  }
  return slices;
}

function beginsWithWholeClock({ class: dataStreamClass, decoder }: TraceStream): boolean {
  const classes: TraceClass['dataStreamClasses'] = decoder.class.dataStreamClasses;
  if (dataStreamClass === undefined || classes.length !== 1) return false;
  return (dataStreamClass.packetContext?.members ?? []).some(
    ({ fieldClass }) =>
      fieldClass.kind === 'integer' &&
      fieldClass.bits === 64 &&
      fieldClass.clock !== undefined &&
      fieldClass.roles?.includes('default-clock-timestamp'),
  );
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
