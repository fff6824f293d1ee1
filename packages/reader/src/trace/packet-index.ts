import { RingtailError } from '@ringtail/base';
import { type NamedMedium, type PacketSummary, parseIndexFile } from '@ringtail/ctf';
import { ClockValue } from '@ringtail/ctf/internal';
import { clockClassOf, readerOf, type StreamSource } from './stream-source.ts';

/**
 * Most packets in the indexes of all data streams. One packet takes some 400 bytes of memory there. A data stream with
 * more packets has no index. It is read whole whatever the time range is, like a data stream whose packets contain no
 * times. With packets of a page, these are data streams of 4 GiB.
 */
export const INDEX_PACKETS_MAX = 1 << 20;

/** The rest of that number, for data streams that were opened together. */
export interface IndexBudget {
  packets: number;
}

/**
 * Places, begins and ends of the packets of a data stream, in the order of time.
 *
 * They come from LTTng's index file where it fits the data, else from the headers of the packets. The files of
 * overlapping snapshots contain some packets twice; these packets are listed once.
 */
export class PacketIndex {
  readonly packets: readonly PacketSummary[];
  /** Whether all packets are here, and their begins are known and never go back. */
  readonly isOrdered: boolean;
  /** Whether the begins and ends of packets make sense besides: only then can a time be searched for. */
  readonly isConsistent: boolean;

  constructor(packets: readonly PacketSummary[], isWhole = true) {
    this.packets = packets;
    this.isOrdered =
      isWhole &&
      packets.every(({ beginNs }, i) => {
        if (beginNs === undefined) return false;
        return i === 0 || packets[i - 1]!.beginNs! <= beginNs;
      });
    this.isConsistent =
      this.isOrdered &&
      packets.every(({ beginNs, endNs, endCycles }, i) => {
        // A packet that was never closed has the end 0.
        if (endNs === undefined || endCycles === 0n || endNs < beginNs!) return false;
        const next = packets[i + 1];
        return next === undefined || endNs <= next.beginNs!;
      });
  }
}

/**
 * Makes the index of a data stream. Reads one header per packet, or nothing but the index files.
 *
 * The index of a damaged data stream contains the packets before the damage. No time can be searched for in it, so that
 * reading reaches the damage and reports it.
 */
export function buildPacketIndex(stream: StreamSource, budget: IndexBudget): PacketIndex {
  const packets: PacketSummary[] = [];
  let isWhole = true;
  for (let sourceIdx = 0; sourceIdx < stream.sources.length; sourceIdx++) {
    const indexed = indexFromFile(stream, sourceIdx);
    if (indexed === undefined) isWhole = scanSource(stream, sourceIdx, packets, budget.packets) && isWhole;
    else for (const packet of indexed) packets.push(packet);
    if (packets.length > budget.packets) return new PacketIndex([], false);
  }
  budget.packets -= packets.length;
  return new PacketIndex(stream.sources.length === 1 ? packets : inOrderOnce(packets), isWhole);
}

/** @returns whether these are all packets of the file */
function scanSource(stream: StreamSource, sourceIdx: number, packets: PacketSummary[], packetsMax: number): boolean {
  const reader = readerOf(stream, sourceIdx);
  let last: PacketSummary | undefined;
  try {
    for (;;) {
      const next = reader.nextPacket();
      if (next.kind !== 'item') return true;
      last = { ...next.item, sourceIdx };
      packets.push(last);
      if (packets.length > packetsMax) return false;
    }
  } catch (error) {
    if (!(error instanceof RingtailError)) throw error;
    // Reading the last packet reports that its content is cut, but not that the padding behind it is.
    const contentEnd = last?.contentBits === undefined ? 0 : last.offsetBytes + last.contentBits / 8;
    return contentEnd > (sizeOf(stream.sources[sourceIdx]!) ?? Number.POSITIVE_INFINITY);
  }
}

/** The packets as LTTng's index file lists them; undefined unless it is the index of exactly this source. */
function indexFromFile(stream: StreamSource, sourceIdx: number): PacketSummary[] | undefined {
  const source = stream.sources[sourceIdx]!;
  const clockClass = clockClassOf(stream);
  const bytes = source.index?.();
  const index = bytes && parseIndexFile(bytes);
  if (!index || index.entries.length === 0 || clockClass === undefined) return undefined;
  let offset = 0n;
  for (const { offsetBytes, packetBits } of index.entries) {
    if (offsetBytes !== offset || packetBits <= 0n || packetBits % 8n !== 0n) return undefined;
    offset += packetBits / 8n;
  }
  if (offset !== BigInt(sizeOf(source) ?? -1)) return undefined;
  const ends = [index.entries[0]!, index.entries.at(-1)!];
  const found = readPackets(
    stream,
    sourceIdx,
    ends.map(({ offsetBytes }) => Number(offsetBytes)),
  );
  const fits = found?.every((packet, i) => {
    const { timestampBegin, timestampEnd, packetBits } = ends[i]!;
    const { beginCycles, endCycles, totalBytes } = packet;
    return beginCycles === timestampBegin && endCycles === timestampEnd && totalBytes === Number(packetBits) / 8;
  });
  if (found === undefined || fits !== true) return undefined;
  const clock = new ClockValue(clockClass);
  const sample = found[0]!;
  return index.entries.map((entry) => ({
    sourceIdx,
    offsetBytes: Number(entry.offsetBytes),
    totalBytes: Number(entry.packetBits / 8n),
    contentBits: Number(entry.contentBits),
    beginCycles: entry.timestampBegin,
    endCycles: entry.timestampEnd,
    // The index has these words even where packets do not.
    sequenceNumber: sample.sequenceNumber === undefined ? undefined : entry.packetSequenceNumber,
    discardedEvents: sample.discardedEvents === undefined ? undefined : entry.eventsDiscarded,
    beginNs: clock.toNanoseconds(entry.timestampBegin),
    endNs: clock.toNanoseconds(entry.timestampEnd),
  }));
}

function sizeOf({ medium }: NamedMedium): number | undefined {
  return medium.size?.();
}

function readPackets(stream: StreamSource, sourceIdx: number, offsets: readonly number[]): PacketSummary[] | undefined {
  const reader = readerOf(stream, sourceIdx);
  reader.follow(offsets.map((offsetBytes) => ({ sourceIdx: 0, offsetBytes })));
  const packets: PacketSummary[] = [];
  try {
    for (let i = 0; i < offsets.length; i++) {
      const next = reader.nextPacket();
      if (next.kind !== 'item') return undefined;
      packets.push(next.item);
    }
    return packets;
  } catch (error) {
    if (error instanceof RingtailError) return undefined;
    throw error;
  }
}

/** Packets of different files with equal headers are copies of one packet. */
function inOrderOnce(packets: readonly PacketSummary[]): PacketSummary[] {
  if (packets.some(({ beginNs, endNs }) => beginNs === undefined || endNs === undefined)) return [...packets];
  const sorted = packets.toSorted((a, b) => compare(a.beginNs!, b.beginNs!) || compare(a.endNs!, b.endNs!));
  const firstSources = new Map<string, number>();
  return sorted.filter(({ sourceIdx, beginNs, endNs, totalBytes, sequenceNumber, discardedEvents }) => {
    const key = [beginNs, endNs, totalBytes, sequenceNumber, discardedEvents].join();
    const first = firstSources.get(key);
    if (first === undefined) firstSources.set(key, sourceIdx);
    return first === undefined || first === sourceIdx;
  });
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
