import type {
  ClockClass,
  DataStreamClass,
  DataStreamReader,
  NamedMedium,
  PacketPlace,
  TraceClass,
  TraceDecoder,
  TraceIdentity,
} from '@ringtail/ctf';
import { type PacketSelection, selectPackets } from '../cut/packet-selection.ts';
import type { TimeRange } from '../cut/time-range.ts';
import { firstEventNs, lastEventNs } from './packet-events.ts';
import { buildPacketIndex, INDEX_PACKETS_MAX, type IndexBudget, type PacketIndex } from './packet-index.ts';
import { clockClassOf, readerOf, type StreamSource } from './stream-source.ts';
import { recordsBehindPacketEnds } from './tracer-quirks.ts';

/** A data stream of an opened trace, with the index of its packets. */
export class TraceStream implements StreamSource {
  readonly decoder: TraceDecoder;
  readonly identity: TraceIdentity;
  readonly sources: readonly NamedMedium[];
  readonly id: bigint;
  readonly class: DataStreamClass | undefined;
  /** Begin of its first packet, where packets contain it. */
  readonly firstBeginNs: bigint | undefined;
  readonly #indexBudget: IndexBudget;
  #index: PacketIndex | undefined;

  /** @param indexBudget shared with the data streams that are opened with it */
  constructor(
    stream: StreamSource & Pick<TraceStream, 'firstBeginNs'>,
    indexBudget: IndexBudget = { packets: INDEX_PACKETS_MAX },
  ) {
    this.#indexBudget = indexBudget;
    this.decoder = stream.decoder;
    this.identity = stream.identity;
    this.sources = stream.sources;
    this.id = stream.id;
    this.class = stream.class;
    this.firstBeginNs = stream.firstBeginNs;
  }

  get clockClass(): ClockClass | undefined {
    return clockClassOf(this);
  }

  /** Made at the first use, and kept. */
  get index(): PacketIndex {
    this.#index ??= buildPacketIndex(this, this.#indexBudget);
    return this.#index;
  }

  /**
   * Which packets have events in a time range.
   *
   * @returns undefined where that cannot be known without reading all of them
   */
  select(range: TimeRange): PacketSelection | undefined {
    if (!this.index.isConsistent || !beginsWithWholeClock(this.decoder.class)) return undefined;
    return selectPackets(this.index.packets, range, (packet) => firstEventNs(this, packet));
  }

  /** End of its last packet, or time of its last event if that is later. Undefined where neither is known. */
  get lastEndNs(): bigint | undefined {
    const packet = this.index.packets.at(-1);
    if (packet === undefined) return undefined;
    const { beginNs, endNs, endCycles } = packet;
    const lastNs = this.clockClass && (lastEventNs(this, packet) ?? beginNs);
    const isKnown = endNs !== undefined && endCycles !== 0n && (beginNs === undefined || beginNs <= endNs);
    if (!isKnown || recordsBehindPacketEnds(this.decoder.class)) return lastNs;
    return lastNs === undefined || lastNs < endNs ? endNs : lastNs;
  }

  /**
   * A reader of its packets, or only of the packets that may have something in `range`.
   *
   * Events of these packets may still lie outside of the range.
   */
  reader(range?: TimeRange): DataStreamReader {
    const reader = readerOf(this);
    const places = this.#places(range);
    if (places !== undefined) reader.follow(places.packets, places.previous);
    return reader;
  }

  /** Undefined where all packets are wanted as they lie in the files. */
  #places({ begin, end }: TimeRange = {}) {
    const isTrimmed = begin !== undefined || end !== undefined;
    if (!isTrimmed && !this.#mayOverlap()) return undefined;
    const { packets, isOrdered } = this.index;
    const selection = isTrimmed ? this.select({ begin, end }) : undefined;
    if (selection === undefined) return isOrdered && this.#mayOverlap() ? { packets, previous: undefined } : undefined;
    const { from, to } = selection;
    return { packets: packets.slice(from, to) as readonly PacketPlace[], previous: packets[from - 1] };
  }

  /** Files of one data stream follow each other, unless they are of overlapping snapshots. */
  #mayOverlap(): boolean {
    return this.sources.length > 1 && this.clockClass !== undefined;
  }
}

/**
 * Whether no clock value is carried over from a packet to the next, of any class: then each packet can be decoded
 * alone.
 */
export function beginsWithWholeClock({ dataStreamClasses }: TraceClass): boolean {
  return dataStreamClasses.every(({ packetContext }) =>
    (packetContext?.members ?? []).some(
      ({ fieldClass }) =>
        fieldClass.kind === 'integer' &&
        fieldClass.bits === 64 &&
        fieldClass.clock !== undefined &&
        fieldClass.roles?.includes('default-clock-timestamp'),
    ),
  );
}
