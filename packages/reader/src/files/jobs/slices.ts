import { type Instant, instantOf } from '@ringtail/base';
import type { PacketSummary } from '@ringtail/ctf';
import type { OpenedTrace } from '../../trace/opened-trace.ts';
import { beginsWithWholeClock, type TraceStream } from '../../trace/trace-stream.ts';
import type { TraceReader } from '../../trace-reader.ts';

/** Least size of a slice: passing the turn costs a little. */
const SLICE_BYTES_MIN = 1 << 20;
/** Least size in packets of its data streams, since two processes read the packets at the bounds of a slice. */
const SLICE_PACKETS_MIN = 4;
/** Most size of a slice: its text is kept until its turn comes. */
const SLICE_BYTES_MAX = 1 << 26;

/** The packets of a data stream that have something in a slice. */
export interface StreamSlice {
  readonly packets: readonly PacketSummary[];
  /** The packet before them. */
  readonly previous: PacketSummary | undefined;
}

/** The events between two times, in all data streams. */
export interface Slice {
  /** Undefined for the first slice. */
  readonly begin: Instant | undefined;
  /** Events at this time belong to the next slice. Undefined for the last slice. */
  readonly end: Instant | undefined;
  /** For each data stream. */
  readonly streams: readonly StreamSlice[];
}

/** Traces in slices that can be printed on their own, in any order, and put together. */
export interface SlicedTraces {
  readonly traces: readonly OpenedTrace[];
  readonly slices: readonly Slice[];
  /** Bytes of packets in a slice, mostly. */
  readonly sliceBytes: number;
}

/**
 * Cuts traces into slices of time.
 *
 * This requires that data streams are read whole, and that each packet begins with a whole clock value and contains its
 * end. Then only the time of the last event is carried over from one slice to the next. Whether events lie between
 * begin and end of their packet turns out when a slice is printed.
 *
 * @returns undefined where slices are not possible
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
  if (clockClass === undefined || of === undefined || !beginsWithWholeClock(decoder.class)) return false;
  // Other processes know the metadata of one directory only.
  if (decoder.metadataUuids.size > 1) return false;
  const { packets, isConsistent } = index;
  return isConsistent && packets.length > 0 && packets[0]!.beginNs! >= 0n && coversAll(stream);
}

/** The index of a damaged data stream ends before the damage; the damage is to be reported as it always is. */
function coversAll({ sources, index }: TraceStream): boolean {
  const covered = sources.map(() => 0);
  for (const { sourceIdx, totalBytes } of index.packets) {
    if (totalBytes === undefined) return false;
    covered[sourceIdx]! += totalBytes;
  }
  return sources.every(({ medium }, i) => medium.size?.() === covered[i]);
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
        // Losses before a packet are reported where the packet before it ends.
        let to = from;
        while (to < packets.length && (end === undefined || (packets[to - 1]?.endNs ?? packets[to]!.beginNs!) < end))
          to++;
        firsts[k] = from;
        return { packets: packets.slice(from, to), previous: packets[from - 1] };
      }),
    };
  });
}
