import {
  type ClockClass,
  type DataStreamClass,
  DataStreamReader,
  type NamedMedium,
  type PacketPlace,
  type TraceDecoder,
  type TraceIdentity,
} from '@ringtail/ctf';
import { buildPacketIndex, type PacketIndex } from './packet-index.ts';
import { NS_MAX, NS_MIN, type TimeRange } from './time-range.ts';

/** A data stream of an opened trace: its files, and how to read them. */
export class TraceStream {
  readonly decoder: TraceDecoder;
  readonly identity: TraceIdentity;
  /** In order of time, at least one; named by their absolute paths. */
  readonly sources: readonly NamedMedium[];
  /** Its identifier in the packets, or the number of the data stream among those of its class. */
  readonly id: bigint;
  /** Undefined where not even the first packet can be read. */
  readonly class: DataStreamClass | undefined;
  /** When its first packet begins, where packets tell. */
  readonly firstBeginNs: bigint | undefined;
  #index: PacketIndex | undefined;

  constructor(stream: Pick<TraceStream, 'decoder' | 'identity' | 'sources' | 'id' | 'class' | 'firstBeginNs'>) {
    this.decoder = stream.decoder;
    this.identity = stream.identity;
    this.sources = stream.sources;
    this.id = stream.id;
    this.class = stream.class;
    this.firstBeginNs = stream.firstBeginNs;
  }

  get clockClass(): ClockClass | undefined {
    return this.class && this.decoder.dataStreamDecoder(this.class.id)?.clockClass;
  }

  /** Made when it is first asked for, and kept. */
  get index(): PacketIndex {
    this.#index ??= buildPacketIndex(this);
    return this.#index;
  }

  /**
   * A reader of its packets, of those only that may have something in `range`.
   *
   * Events of these packets may still lie outside of it.
   */
  reader(range?: TimeRange): DataStreamReader {
    const reader = new DataStreamReader(this.decoder, this.identity, this.sources, this.id);
    const places = this.#places(range);
    if (places !== undefined) reader.follow(places.packets, places.previous);
    return reader;
  }

  /** Undefined where all packets are wanted as they lie in the files. */
  #places({ begin, end }: TimeRange = {}) {
    const isTrimmed = begin !== undefined || end !== undefined;
    if (!isTrimmed && !this.#mayOverlap()) return undefined;
    const { packets, isOrdered } = this.index;
    if (!isTrimmed) return isOrdered ? { packets, previous: undefined } : undefined;
    if (!isOrdered || packets.length === 0) return undefined;
    const from = this.index.firstEndingFrom(begin ?? NS_MIN);
    const to = this.index.firstBeginningAfter(end ?? NS_MAX);
    return { packets: packets.slice(from, to) as readonly PacketPlace[], previous: packets[from - 1] };
  }

  /** Files of one data stream follow each other, unless they are of overlapping snapshots. */
  #mayOverlap(): boolean {
    return this.sources.length > 1 && this.clockClass !== undefined;
  }
}
