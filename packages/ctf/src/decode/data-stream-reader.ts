import { RingtailError } from '@ringtail/base';
import type { EventLoops } from '../compile/event-loop.ts';
import type { DataStreamClass } from '../model/trace-class.ts';
import { ClockValue } from './clock-value.ts';
import { Cursor, RoleValues } from './cursor.ts';
import type { DataStreamDecoder, TraceDecoder } from './data-stream-decoder.ts';
import { lossesBetween, type PacketCounters } from './losses.ts';
import { END, type Medium, type Next } from './medium.ts';
import {
  type BoundaryMessage,
  type DataStream,
  EventMessage,
  instantOf,
  type Message,
  type PacketFields,
  type TraceIdentity,
} from './messages.ts';
import { checkPacketHeader, magicBytes, packetSizes } from './packet-start.ts';
import { PacketWindow } from './packet-window.ts';
import { TraceFormatError } from './trace-format-error.ts';
import { Lane, type TurnHeap } from './turn-heap.ts';
import type { StructureValue } from './values.ts';

/** One source of packets of a data stream, with what to call it. */
export interface NamedMedium {
  readonly name: string;
  readonly medium: Medium;
}

/** What the first packet of a data stream says of the whole. */
export interface FirstPacket {
  readonly class: DataStreamClass;
  /** Identifier of the data stream among those of its class, where packets carry one. */
  readonly id: bigint | undefined;
  /** Time of the packet's begin, where packets and their clock tell. */
  readonly beginNs: bigint | undefined;
}

/** Reads no more than the header and the context of the first packet. */
export function readFirstPacket(trace: TraceDecoder, source: NamedMedium): Next<FirstPacket> {
  const reader = new DataStreamReader(trace, { class: trace.class, name: '', uuid: undefined }, [source], 0n);
  return reader.firstPacket();
}

interface Packet extends PacketCounters {
  readonly fields: PacketFields;
  /** Size of the packet; undefined if it ends with its medium. */
  readonly totalBytes: number | undefined;
}

/** What the packets of one data stream class leave to those that follow. */
interface DataStreamState {
  readonly stream: DataStream | undefined;
  readonly clock: ClockValue | undefined;
  readonly previous: PacketCounters | undefined;
}

/** So many packets of one data stream may be malformed; behind them hardly anything can be what it seems. */
const SKIPPED_PACKETS_MAX = 1000;

/**
 * How far packets are searched for behind malformed ones in a data stream, all together: further than tracers make
 * packets, and a part of a second long. A file may have a hole of terabytes.
 */
const SEARCH_BYTES_MAX = 2 ** 28;

/** Where a packet starts. */
export interface PacketPlace {
  /** Which of the data stream's sources it lies in. */
  readonly sourceIdx: number;
  readonly offsetBytes: number;
}

/** A packet as an index knows it. */
export interface PacketSummary extends PacketPlace, PacketCounters {
  /** Undefined if it goes on to the end of its source. */
  readonly totalBytes: number | undefined;
  /** From the start of the packet to where its padding begins. Infinity if it goes on to the end of its source. */
  readonly contentBits: number;
  readonly beginNs: bigint | undefined;
  readonly endNs: bigint | undefined;
}

/** Decodes the packets of one data stream, from one or more media, into messages. */
export class DataStreamReader {
  readonly #trace: TraceDecoder;
  readonly #identity: TraceIdentity;
  readonly #sources: readonly NamedMedium[];
  readonly #id: bigint;
  readonly #cursor = new Cursor();
  readonly #lane = new Lane(this.#cursor);

  #sourceIdx = 0;
  #window: PacketWindow;
  #decoder: DataStreamDecoder | undefined;
  #stream: DataStream | undefined;
  #packetIdx = 0;
  #packet: Packet | undefined;
  #previous: PacketCounters | undefined;
  #pending: (Message | BoundaryMessage)[] = [];
  /** What is known of the data streams whose packets are not at hand: a file may hold those of several classes. */
  readonly #others = new Map<DataStreamDecoder, DataStreamState>();
  #ended = false;
  #skippedCount = 0;
  #searchedBytes = 0;
  #hasGivenUp = false;
  #tellsBoundaries = false;
  /** Whether the begin of the packet at hand is still to be told. */
  #isBeginUntold = false;
  /** What came instead of the first event of a packet whose begin was told since. */
  #failure: unknown;
  #plan: readonly PacketPlace[] | undefined;

  /** @param sources in order of time, at least one. @param id what the data stream is called in messages */
  constructor(trace: TraceDecoder, identity: TraceIdentity, sources: readonly NamedMedium[], id: bigint) {
    this.#trace = trace;
    this.#identity = identity;
    this.#sources = sources;
    this.#id = id;
    this.#window = new PacketWindow(sources[0]!.medium, this.#cursor);
  }

  /**
   * Decodes the next message of this data stream.
   *
   * Their time does not decrease unless that of full 64-bit timestamps in the data stream does.
   *
   * @returns `again` while a live medium lacks bytes; `end` after the last message, and ever after an error
   * @throws {TraceFormatError} `TRUNCATED` where the data stream ends within a packet, after all whole event records
   *   before that place; other codes where bytes and metadata contradict each other
   * @see CTF 1.8.3 §5 (packets) and §6 (event records)
   */
  next(): Next<Message> {
    try {
      return this.#next();
    } catch (error) {
      this.#ended = true;
      throw this.#locate(error);
    }
  }

  /**
   * Lets generated code take the event records at hand, up to the end of the packet or of what can be decoded so. This data stream
   * is at the heap's root; others that the same code has come to before may have their turns in between.
   *
   * `next` goes on behind them. Also when this takes none there may be more.
   *
   * @returns how many it took, of all data streams
   */
  takeEvents(loops: EventLoops, heap: TurnHeap): number {
    if (this.#packet === undefined || this.#pending.length > 0 || this.#ended) return 0;
    if (this.#isBeginUntold || this.#failure !== undefined) return 0;
    const loop = loops.loopFor(this.#decoder!, this.#stream!);
    if (loop === undefined) return 0;
    const lane = this.#lane;
    lane.stream = this.#stream!;
    lane.packet = this.#packet.fields;
    heap.root!.lane = lane;
    return loop(heap, lane);
  }

  /** As `next`, and also tells where packets begin and end. */
  nextWithBoundaries(): Next<Message | BoundaryMessage> {
    this.#tellsBoundaries = true;
    try {
      return this.#next();
    } catch (error) {
      this.#ended = true;
      throw this.#locate(error);
    }
  }

  /**
   * Reads these packets only, in this order, instead of all; what is left of others is left out.
   *
   * @param previous what the packet before the first of them said, so that losses between them are known
   */
  follow(places: readonly PacketPlace[], previous?: PacketCounters): void {
    this.#plan = places;
    this.#packet = undefined;
    this.#pending = [];
    this.#packetIdx = 0;
    this.#previous = previous;
    this.#ended = places.length === 0;
    if (!this.#ended) this.#goTo(places[0]!);
  }

  /**
   * Skips what is left of the packet at hand and reads no more than the header and the context of the next one.
   *
   * @returns as `next` does, with the packet instead of a message
   */
  nextPacket(): Next<PacketSummary> {
    try {
      return this.#nextPacket();
    } catch (error) {
      this.#ended = true;
      throw this.#locate(error);
    }
  }

  #nextPacket(): Next<PacketSummary> {
    if (this.#packet !== undefined) this.#endPacket(this.#packet);
    for (;;) {
      this.#pending = [];
      if (this.#ended) return END;
      const begun = this.#beginPacket();
      if (begun.kind === 'again') return begun;
      if (begun.kind === 'end') {
        this.#endSource();
        continue;
      }
      const { totalBytes, beginCycles, endCycles, sequenceNumber, discardedEvents } = this.#packet!;
      const { clock } = this.#cursor;
      const toNs = (cycles: bigint | undefined) => (cycles === undefined ? undefined : clock?.toNanoseconds(cycles));
      this.#pending = [];
      return {
        kind: 'item',
        item: {
          sourceIdx: this.#sourceIdx,
          offsetBytes: this.#window.packetOffset,
          totalBytes,
          contentBits: this.#cursor.contentBits,
          beginCycles,
          endCycles,
          sequenceNumber,
          discardedEvents,
          beginNs: toNs(beginCycles),
          endNs: toNs(endCycles),
        },
      };
    }
  }

  firstPacket(): Next<FirstPacket> {
    try {
      const begun = this.#beginPacket();
      if (begun.kind !== 'item') return begun;
      const { dataStreamId, beginCycles } = this.#cursor.roles;
      return {
        kind: 'item',
        item: {
          class: this.#decoder!.class,
          id: dataStreamId === undefined ? undefined : BigInt(dataStreamId),
          beginNs: beginCycles === undefined ? undefined : this.#cursor.clock?.toNanoseconds(BigInt(beginCycles)),
        },
      };
    } catch (error) {
      throw this.#locate(error);
    }
  }

  #next(): Next<Message> {
    for (;;) {
      // Only who asked for boundaries finds some here.
      const pending = this.#pending.shift() as Message | undefined;
      if (pending !== undefined) return { kind: 'item', item: pending };
      if (this.#failure !== undefined) this.#fail();
      if (this.#ended) return END;
      if (this.#packet === undefined) {
        const begun = this.#beginPacket();
        if (begun.kind === 'again') return begun;
        if (begun.kind === 'end') this.#endSource();
      } else {
        const content = this.#window.hasContent();
        if (content.kind !== 'item') return content;
        if (this.#isBeginUntold) {
          const told = this.#tellBegin(this.#packet, content.item);
          if (told.kind !== 'item') return told;
        } else if (content.item) {
          return this.#window.decode(this.#decodeEvent);
        } else {
          this.#endPacket(this.#packet);
        }
      }
    }
  }

  /** Tells where a packet begins: at its first event, if that is earlier than the packet says. */
  #tellBegin(packet: Packet, hasContent: boolean): Next<undefined> {
    const boundary = this.#boundary('packet-begin', packet);
    this.#pending.push(boundary);
    if (hasContent) {
      try {
        const first = this.#window.decode(this.#decodeEvent);
        if (first.kind !== 'item') {
          this.#pending.pop();
          return first;
        }
        const { cycles, seconds, nanoseconds } = first.item;
        if (boundary.cycles !== undefined && cycles < boundary.cycles) {
          this.#pending = [{ ...boundary, cycles, seconds, nanoseconds }];
        }
        this.#pending.push(first.item);
      } catch (error) {
        this.#failure = error;
      }
    }
    this.#isBeginUntold = false;
    return { kind: 'item', item: undefined };
  }

  #fail(): never {
    const failure = this.#failure;
    this.#failure = undefined;
    throw failure;
  }

  /**
   * After an error: leaves out what is left of the malformed packet, so that `next` goes on with the one behind it.
   *
   * Where the packet does not tell its size, its successor begins with the next magic number; without magic numbers, the rest of its
   * source is left out.
   *
   * @returns false if nothing can be read behind it, or too many packets were malformed
   */
  skipPacket(): boolean {
    if (this.#hasGivenUp) return false;
    this.#ended = false;
    this.#pending = [];
    this.#failure = undefined;
    if (++this.#skippedCount > SKIPPED_PACKETS_MAX) {
      this.#giveUp(`after ${SKIPPED_PACKETS_MAX} malformed packets the rest of the data stream is left out`);
    } else if (this.#packet !== undefined) {
      this.#endPacket(this.#packet);
      // A packet that the end of the data cuts has no successor.
      if (!this.#ended && this.#window.isBeyondEnd()) this.#nextSource();
    } else {
      this.#packetIdx++;
      this.#goToNext();
    }
    return !this.#ended;
  }

  #goToNext(): void {
    if (this.#plan !== undefined) {
      const next = this.#plan[this.#packetIdx];
      if (next === undefined) this.#ended = true;
      else this.#goTo(next);
      return;
    }
    const magic = magicBytes(this.#trace.class);
    const found = magic && this.#window.find(magic, SEARCH_BYTES_MAX - this.#searchedBytes);
    if (found === undefined) {
      this.#nextSource();
      return;
    }
    this.#searchedBytes += found.offset - this.#window.packetOffset;
    if (!found.isThere) this.#giveUp(`no packet begins within the next ${SEARCH_BYTES_MAX / 2 ** 20} MiB`);
    this.#window.packetOffset = found.offset;
  }

  /** What `next` says before it ends, so that it is not thought that there was nothing more. */
  #giveUp(message: string): void {
    this.#hasGivenUp = true;
    if (this.#packet !== undefined) this.#endPacket(this.#packet);
    this.#failure = this.#cursor.error('GIVEN_UP', message, 'packet-header');
  }

  #endSource(): void {
    if (this.#window.isBeyondEnd()) {
      throw this.#cursor.error('TRUNCATED', 'the data stream ends within the packet before this one', 'padding');
    }
    this.#nextSource();
  }

  #goTo({ sourceIdx, offsetBytes }: PacketPlace): void {
    if (this.#sourceIdx !== sourceIdx) {
      this.#sourceIdx = sourceIdx;
      this.#window = new PacketWindow(this.#sources[sourceIdx]!.medium, this.#cursor);
    }
    this.#window.packetOffset = offsetBytes;
  }

  #nextSource(): void {
    if (this.#plan !== undefined) {
      this.#ended = true;
      return;
    }
    const source = this.#sources[++this.#sourceIdx];
    if (source === undefined) {
      this.#ended = true;
      return;
    }
    this.#window = new PacketWindow(source.medium, this.#cursor);
    this.#packetIdx = 0;
  }

  #beginPacket(): Next<undefined> {
    const cursor = this.#cursor;
    const started = this.#window.startPacket(this.#window.packetOffset);
    if (started.kind !== 'item') return started;
    cursor.roles = new RoleValues();
    cursor.slots.length = 0;
    const begun = this.#window.decode(this.#decodePacketStart);
    if (begun.kind !== 'item') return begun;
    const packet = begun.item;
    this.#pending.push(...lossesBetween(this.#streamOf(this.#decoder!), this.#previous, packet, cursor.clock));
    this.#packet = packet;
    this.#isBeginUntold = this.#tellsBoundaries;
    return { kind: 'item', item: undefined };
  }

  readonly #decodePacketStart = (cursor: Cursor): Packet => {
    const start = cursor.at;
    const { roles } = cursor;
    let header = (this.#decoder ?? this.#trace).packetHeader?.(cursor);
    checkPacketHeader(cursor, this.#trace.metadataUuids);
    const decoder = this.#trace.dataStreamDecoder(roles.dataStreamClassId);
    if (decoder === undefined) {
      const which = roles.dataStreamClassId === undefined ? 'the only one' : String(roles.dataStreamClassId);
      throw cursor.error('UNKNOWN_DATA_STREAM_CLASS', `no data stream class ${which} in the metadata`, 'packet-header');
    }
    if (this.#decoder !== decoder) {
      this.#enter(decoder);
      // Again, this time for what the other scopes of this class refer to.
      cursor.at = start;
      header = decoder.packetHeader?.(cursor);
    }
    const context = decoder.packetContext?.(cursor);
    const sizes = packetSizes(cursor);
    if (sizes !== undefined) this.#window.setContentBits(sizes.contentBits);
    const beginCycles = toBigInt(roles.beginCycles);
    const endCycles = toBigInt(roles.endCycles);
    const instant = (cycles: bigint | undefined) =>
      cursor.clock && cycles !== undefined ? instantOf(cursor.clock.toNanoseconds(cycles)) : undefined;
    return {
      fields: {
        header: header as StructureValue | undefined,
        context: context as StructureValue | undefined,
        begin: instant(beginCycles),
        end: instant(endCycles),
      },
      totalBytes: sizes?.totalBytes,
      beginCycles,
      endCycles,
      sequenceNumber: toBigInt(roles.sequenceNumber),
      discardedEvents: toBigInt(roles.discardedEvents),
    };
  };

  #enter(decoder: DataStreamDecoder): void {
    const { clock } = this.#cursor;
    if (this.#decoder !== undefined) {
      this.#others.set(this.#decoder, { stream: this.#stream, clock, previous: this.#previous });
      this.#previous = undefined;
    }
    const state = this.#others.get(decoder);
    this.#decoder = decoder;
    this.#stream = state?.stream;
    this.#previous = state?.previous ?? this.#previous;
    this.#cursor.clock = state?.clock ?? (decoder.clockClass && new ClockValue(decoder.clockClass));
  }

  readonly #decodeEvent = (cursor: Cursor): EventMessage => {
    const start = cursor.at;
    const decoder = this.#decoder!;
    cursor.roles.eventRecordClassId = undefined;
    const header = decoder.eventRecordHeader?.(cursor);
    const id = cursor.roles.eventRecordClassId;
    const event = decoder.eventRecordDecoder(id);
    if (event === undefined) {
      const which = id === undefined ? 'the only one' : String(id);
      const message = `no event record class ${which} in data stream class ${decoder.class.id}`;
      throw cursor.error('UNKNOWN_EVENT_RECORD_CLASS', message, 'event-record-header');
    }
    const { clock } = cursor;
    // Contexts and payload may hold clock values too; the event record's time is that of its header.
    clock?.convert();
    const message = new EventMessage(this.#stream!, event.class, this.#packet!.fields, clock ?? NO_CLOCK);
    if (this.#trace.keepsHeaders) message.header = header as StructureValue | undefined;
    try {
      message.commonContext = decoder.eventRecordCommonContext?.(cursor) as StructureValue | undefined;
      message.specificContext = event.specificContext?.(cursor) as StructureValue | undefined;
      message.payload = event.payload?.(cursor) as StructureValue | undefined;
    } catch (error) {
      throw error instanceof RingtailError ? error.within(`event ${event.class.name || event.class.id}`) : error;
    }
    if (cursor.at === start) throw cursor.error('EMPTY_EVENT_RECORD', 'an event record has no bits', event.class.name);
    return message;
  };

  #endPacket(packet: Packet): void {
    const { clock } = this.#cursor;
    if (clock !== undefined && packet.endCycles !== undefined && packet.endCycles > clock.cycles) {
      clock.setCycles(packet.endCycles);
    }
    if (this.#tellsBoundaries) this.#pending.push(this.#boundary('packet-end', packet));
    this.#previous = packet;
    this.#packet = undefined;
    this.#packetIdx++;
    if (this.#plan !== undefined) {
      const next = this.#plan[this.#packetIdx];
      if (next === undefined) this.#ended = true;
      else this.#goTo(next);
      return;
    }
    if (packet.totalBytes === undefined) this.#nextSource();
    else this.#window.packetOffset += packet.totalBytes;
  }

  #boundary(kind: BoundaryMessage['kind'], { fields, beginCycles, endCycles }: Packet): BoundaryMessage {
    const { clock } = this.#cursor;
    const told = kind === 'packet-begin' ? beginCycles : endCycles;
    // The clock has come to the packet's end, or further: some tracers recorded events behind the end, or left it 0.
    const cycles = kind === 'packet-end' && told !== undefined && clock !== undefined ? clock.cycles : told;
    const isDated = clock !== undefined && cycles !== undefined;
    const at = isDated ? instantOf(clock.toNanoseconds(cycles)) : { seconds: Number.NEGATIVE_INFINITY, nanoseconds: 0 };
    return { kind, stream: this.#stream!, packet: fields, cycles, ...at };
  }

  #streamOf(decoder: DataStreamDecoder): DataStream {
    this.#stream ??= {
      trace: this.#identity,
      class: decoder.class,
      links: decoder.links,
      clockClass: decoder.clockClass,
      id: this.#id,
      name: this.#sources[0]!.name,
    };
    return this.#stream;
  }

  #locate(error: unknown): unknown {
    if (!(error instanceof TraceFormatError)) return error;
    const source = this.#sources[this.#sourceIdx] ?? this.#sources[0]!;
    const packet = `packet ${this.#packetIdx} (at byte ${this.#window.packetOffset})`;
    return error.within(packet).within(source.name);
  }
}

const NO_CLOCK = { seconds: 0, nanoseconds: 0, high: 0, low: 0 };

function toBigInt(value: number | bigint | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}
