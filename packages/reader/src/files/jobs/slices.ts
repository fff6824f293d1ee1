import type { DataStreamClass, Instant, PacketSummary } from '@ringtail/ctf';
import { instantOf } from '../../instant.ts';
import type { TraceStream } from '../../trace/trace-stream.ts';
import type { OpenedTrace, TraceReader } from '../open-traces.ts';
import { sizeOfFile } from '../regular-file.ts';

/** A slice has at least so many bytes: passing the turn costs a little. */
const SLICE_BYTES_MIN = 1 << 20;
/** And so many times what its data streams have in packets, since packets at its bounds are read past by two processes. */
const SLICE_PACKETS_MIN = 4;
/** The text of a slice is kept until its turn comes; that of larger ones is better not kept. */
const SLICE_BYTES_MAX = 1 << 26;

/** The packets of a data stream that have something in a slice. */
export interface StreamSlice {
  readonly packets: readonly PacketSummary[];
  /** The packet before them. */
  readonly previous: PacketSummary | undefined;
}

/** What happened from one time to another, in all data streams. */
export interface Slice {
  /** Undefined for the first slice. */
  readonly begin: Instant | undefined;
  /** What happens at this time is in the next slice. Undefined for the last slice. */
  readonly end: Instant | undefined;
  /** For each data stream. */
  readonly streams: readonly StreamSlice[];
}

/** Traces in slices that can be printed on their own, in any order, and put together. */
export interface SlicedTraces {
  readonly traces: readonly OpenedTrace[];
  readonly slices: readonly Slice[];
  /** Size of what a slice is made of, mostly. */
  readonly sliceBytes: number;
}

/**
 * Cuts what is to be read into slices of time.
 *
 * That can be done where data streams are read whole, and each of their packets begins with a whole clock value and tells when it ends:
 * then nothing is carried over but the time of the last event. Whether the events of a packet do lie between its begin and its end
 * is seen when a slice is printed.
 *
 * @returns undefined where it cannot be done
 */
export function slicesOf(reader: TraceReader): SlicedTraces | undefined {
  if (reader.keep !== undefined) return undefined;
  const isWhole = reader.traces.every((trace) => {
    const range = reader.rangeOf(trace);
    return range.begin === undefined && range.end === undefined;
  });
  const streams = reader.traces.flatMap((trace) => trace.streams);
  if (!isWhole || streams.length === 0 || !streams.every(isDivisible)) return undefined;
  const sizes = streams.map(({ index }) =>
    index.packets.reduce((size, packet) => Math.max(size, packet.totalBytes!), 0),
  );
  const sliceBytes = Math.max(SLICE_BYTES_MIN, SLICE_PACKETS_MIN * sizes.reduce((sum, size) => sum + size, 0));
  if (sliceBytes > SLICE_BYTES_MAX) return undefined;
  const bounds = boundsOf(streams, sliceBytes);
  return { traces: reader.traces, slices: cut(streams, bounds), sliceBytes };
}

function isDivisible(stream: TraceStream): boolean {
  const { clockClass, class: of, decoder, index } = stream;
  if (clockClass === undefined || of === undefined || !decoder.class.dataStreamClasses.every(beginsWithWholeClock)) {
    return false;
  }
  // Other processes know the metadata of one directory only.
  if (decoder.metadataUuids.size > 1) return false;
  const { packets, isConsistent } = index;
  return isConsistent && packets.length > 0 && packets[0]!.beginNs! >= 0n && coversAll(stream);
}

function beginsWithWholeClock({ packetContext }: DataStreamClass): boolean {
  return (packetContext?.members ?? []).some(
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
  return sources.every(({ name }, i) => sizeOfFile(name) === covered[i]);
}

/** Times between which there are about as many bytes. */
function boundsOf(streams: readonly TraceStream[], sliceBytes: number): bigint[] {
  const packets = streams.flatMap(({ index }) => index.packets);
  packets.sort((a, b) => (a.beginNs! < b.beginNs! ? -1 : a.beginNs! > b.beginNs! ? 1 : 0));
  const bounds: bigint[] = [];
  let bytes = 0;
  for (const { beginNs, totalBytes: size } of packets) {
    if (bytes >= sliceBytes && beginNs !== bounds.at(-1)) {
      bounds.push(beginNs!);
      bytes = 0;
    }
    bytes += size!;
  }
  return bounds;
}

function cut(streams: readonly TraceStream[], bounds: readonly bigint[]): Slice[] {
  const firsts = streams.map(() => 0);
  return [undefined, ...bounds].map((begin, i) => {
    const end = bounds[i];
    return {
      begin: begin === undefined ? undefined : instantOf(begin),
      end: end === undefined ? undefined : instantOf(end),
      streams: streams.map(({ index: { packets } }, k) => {
        let from = firsts[k]!;
        while (begin !== undefined && from < packets.length && packets[from]!.endNs! < begin) from++;
        // What was lost before a packet is told where the packet before it ends.
        let to = from;
        while (to < packets.length && (end === undefined || (packets[to - 1]?.endNs ?? packets[to]!.beginNs!) < end))
          to++;
        firsts[k] = from;
        return { packets: packets.slice(from, to), previous: packets[from - 1] };
      }),
    };
  });
}
