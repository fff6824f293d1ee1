import { instantOf, RingtailError } from '@ringtail/base';
import type { DataStreamClass, TraceClass } from '../model/trace-class.ts';
import { ClockValue } from './clock-value.ts';
import { Cursor, NEED_METADATA, RoleValues } from './cursor.ts';
import type { DataStreamDecoder, TraceDecoder } from './data-stream-decoder.ts';
import { lossesBetween, type PacketCounters } from './losses.ts';
import { AGAIN, END, type NamedMedium, type Next } from './medium.ts';
import {
  type BoundaryMessage,
  type DataStream,
  EventMessage,
  type Message,
  type PacketFields,
  type TraceIdentity,
} from './messages.ts';
import { PacketSequence } from './packet-sequence.ts';
import { checkPacketHeader, magicBytes, packetSizes } from './packet-start.ts';
import type { PacketPlace, PacketSummary } from './packet-summary.ts';
import { TraceFormatError } from './trace-format-error.ts';
import { type EventLoops, StreamPosition, type TurnHeap } from './turn-heap.ts';
import type { StructureValue } from './values.ts';

/** Content of the first packet that is true of the whole data stream. */
export interface FirstPacket {
  readonly class: DataStreamClass;
  /** Identifier among the data streams of its class, where packets contain one. */
  readonly id: bigint | undefined;
  /** Begin of the packet, where the packet contains it and has a clock. */
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

/** State that the packets of one data stream class pass on to the packets behind them. */
interface ClassState {
  readonly decoder: DataStreamDecoder;
  readonly stream: DataStream | undefined;
  readonly clock: ClockValue | undefined;
  readonly previous: PacketCounters | undefined;
}

/** Decodes the packets of one data stream, from one or more media, into messages. */
export class DataStreamReader {
  readonly #trace: TraceDecoder;
  readonly #identity: TraceIdentity;
  readonly #sources: readonly NamedMedium[];
  readonly #id: bigint;
  readonly #cursor = new Cursor();
  readonly #position = new StreamPosition(this.#cursor);
  readonly #packets: PacketSequence;

  #decoder: DataStreamDecoder | undefined;
  #stream: DataStream | undefined;
  #packet: Packet | undefined;
  #previous: PacketCounters | undefined;
  #pending: (Message | BoundaryMessage)[] = [];
  /** State of the other data stream classes: a file may contain packets of several classes. */
  readonly #others = new Map<bigint, ClassState>();
  #reportsBoundaries = false;
  /** Whether the begin of the packet at hand is still to be reported. */
  #isBeginDue = false;
  /** The error that came instead of the first event of a packet, once the packet's begin is reported. */
  #failure: unknown;
  /** The metadata with which the start of the packet at hand was decoded. */
  #metadata: TraceClass | undefined;
  /** Whether that metadata lacks the class of the next event. */
  #lacksClass = false;
  /** Where that event starts, and the clock there. */
  #resumption: { readonly bits: number; readonly high: number; readonly low: number } | undefined;

  /** @param sources in the order of time, at least one. @param id identifier of the data stream in messages */
  constructor(trace: TraceDecoder, identity: TraceIdentity, sources: readonly NamedMedium[], id: bigint) {
    this.#trace = trace;
    this.#identity = identity;
    this.#sources = sources;
    this.#id = id;
    this.#packets = new PacketSequence(sources, this.#cursor);
  }

  /**
   * Decodes the next message of this data stream.
   *
   * Times of messages do not decrease unless full 64-bit timestamps in the data stream do.
   *
   * @returns `again` while a live medium lacks bytes, or metadata that may grow lacks a class; `end` after the last
   *   message, and ever after an error
   * @throws {TraceFormatError} `TRUNCATED` where the data stream ends within a packet, after all whole event records
   *   before that place; other codes where bytes and metadata contradict each other
   * @see CTF 1.8.3 §5 (packets) and §6 (event records)
   */
  next(): Next<Message> {
    return this.#guarded(this.#next);
  }

  /**
   * Lets generated code take the event records at hand, up to the end of the packet or to a record that only the
   * general decoder decodes. This data stream is at the heap's root. Other data streams that the same code has reached
   * before may have their turns in between.
   *
   * `next` goes on behind them. More events may follow even if this takes none.
   *
   * @returns number of taken events, of all data streams
   */
  takeEvents(loops: EventLoops, heap: TurnHeap): number {
    if (this.#packet === undefined || this.#pending.length > 0 || this.#packets.hasEnded) return 0;
    if (this.#isBeginDue || this.#failure !== undefined) return 0;
    const loop = loops.loopFor(this.#decoder!, this.#stream!);
    if (loop === undefined) return 0;
    const position = this.#position;
    position.stream = this.#stream!;
    position.packet = this.#packet.fields;
    heap.root!.position = position;
    return loop(heap, position);
  }

  /** As `next`, and also reports where packets begin and end. */
  nextWithBoundaries(): Next<Message | BoundaryMessage> {
    this.#reportsBoundaries = true;
    return this.next();
  }

  /**
   * Reads these packets only, in this order, instead of all; the rest of other packets is left out.
   *
   * @param previous counters of the packet before the first of them, so that losses between them are known
   */
  follow(places: readonly PacketPlace[], previous?: PacketCounters): void {
    this.#packets.follow(places);
    this.#packet = undefined;
    this.#pending = [];
    this.#lacksClass = false;
    this.#previous = previous;
  }

  /**
   * Skips the rest of the packet at hand, and reads no more than the header and the context of the next one.
   *
   * @returns as `next`, with the packet instead of a message
   */
  nextPacket(): Next<PacketSummary> {
    return this.#guarded(() => {
      if (this.#packet !== undefined) this.#endPacket(this.#packet);
      const begun = this.#beginPacket();
      this.#pending = [];
      return begun.kind === 'item' ? { kind: 'item', item: this.#summaryOf(this.#packet!) } : begun;
    });
  }

  firstPacket(): Next<FirstPacket> {
    return this.#guarded(() => {
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
    });
  }

  /**
   * After an error: leaves out the rest of the malformed packet, so that `next` continues with the next packet.
   *
   * If the packet's size is unknown, the next packet begins with the next magic number. Without magic numbers, the rest
   * of its source is left out.
   *
   * @returns false if nothing can be read behind it, or too many packets were malformed
   */
  skipPacket(): boolean {
    this.#pending = [];
    this.#failure = undefined;
    const packet = this.#packet;
    const end = packet === undefined ? undefined : () => this.#endPacket(packet);
    return this.#packets.skip(end, magicBytes(this.#trace.class));
  }

  #guarded<T>(read: () => Next<T>): Next<T> {
    try {
      return read();
    } catch (error) {
      this.#packets.end();
      throw error instanceof TraceFormatError ? this.#packets.locate(error) : error;
    }
  }

  readonly #next = (): Next<Message> => {
    for (;;) {
      // Messages of packets are here only after `nextWithBoundaries`.
      const pending = this.#pending.shift() as Message | undefined;
      if (pending !== undefined) return { kind: 'item', item: pending };
      if (this.#failure !== undefined) this.#fail();
      if (this.#packets.hasEnded) return END;
      const step = this.#packet === undefined ? this.#beginPacket() : this.#goOn(this.#packet);
      if (step.kind !== 'item') return step;
      if (step.item !== undefined) return step as Next<Message>;
    }
  };

  /** Continues within a packet. @returns its next event, if the step brought one */
  #goOn(packet: Packet): Next<Message | undefined> {
    if (this.#lacksClass) {
      const resumed = this.#resume();
      if (resumed.kind !== 'item') return resumed;
    }
    const content = this.#packets.window.hasContent();
    if (content.kind !== 'item') return content;
    if (this.#isBeginDue) return this.#reportBegin(packet, content.item);
    if (content.item) return this.#packets.window.decode(this.#decodeEvent);
    this.#endPacket(packet);
    return NOTHING;
  }

  /** Reports the begin of a packet: at its first event, if that is earlier than the begin in the packet. */
  #reportBegin(packet: Packet, hasContent: boolean): Next<undefined> {
    const boundary = this.#boundary('packet-begin', packet);
    this.#pending.push(boundary);
    if (hasContent) {
      try {
        const first = this.#packets.window.decode(this.#decodeEvent);
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
    this.#isBeginDue = false;
    return NOTHING;
  }

  #fail(): never {
    const failure = this.#failure;
    this.#failure = undefined;
    throw failure;
  }

  #beginPacket(): Next<undefined> {
    const cursor = this.#cursor;
    const begun = this.#decodeStart();
    if (begun.kind !== 'item') return begun;
    const packet = begun.item;
    this.#pending.push(...lossesBetween(this.#streamOf(this.#decoder!), this.#previous, packet, cursor.clock));
    this.#packet = packet;
    this.#isBeginDue = this.#reportsBoundaries;
    return NOTHING;
  }

  #decodeStart(): Next<Packet> {
    const started = this.#packets.start();
    if (started.kind !== 'item') return started;
    this.#cursor.roles = new RoleValues();
    this.#cursor.slots.length = 0;
    return this.#packets.window.decode(this.#decodePacketStart);
  }

  /** Goes back to the event of an unknown class, once the metadata has grown. */
  #resume(): Next<undefined> {
    const cursor = this.#cursor;
    if (this.#resumption === undefined) {
      if (this.#metadata === this.#trace.class && this.#trace.mayGrow) return AGAIN;
      const { high, low } = cursor.clock ?? NO_CLOCK;
      this.#resumption = { bits: cursor.windowAt + cursor.at, high, low };
    }
    // Fields of new classes may depend on fields of the packet's header and context, which are decoded for that again.
    const begun = this.#decodeStart();
    if (begun.kind !== 'item') return begun;
    const { bits, high, low } = this.#resumption;
    const found = this.#packets.window.seek(bits);
    if (found.kind !== 'item') return found;
    cursor.clock?.set(high, low);
    this.#streamOf(this.#decoder!);
    this.#resumption = undefined;
    this.#lacksClass = false;
    return NOTHING;
  }

  readonly #decodePacketStart = (cursor: Cursor): Packet => {
    const start = cursor.at;
    const { roles } = cursor;
    let header = (this.#decoder ?? this.#trace).packetHeader?.(cursor);
    checkPacketHeader(cursor, this.#trace.metadataUuids);
    this.#metadata = this.#trace.class;
    const decoder = this.#trace.dataStreamDecoder(roles.dataStreamClassId);
    if (decoder === undefined) {
      if (this.#trace.mayGrow) throw NEED_METADATA;
      const which = roles.dataStreamClassId === undefined ? 'the only one' : String(roles.dataStreamClassId);
      throw cursor.error('UNKNOWN_DATA_STREAM_CLASS', `no data stream class ${which} in the metadata`, 'packet-header');
    }
    if (this.#decoder !== decoder) {
      this.#enter(decoder);
      // Again, this time with the fields that the other scopes of this class refer to.
      cursor.at = start;
      header = decoder.packetHeader?.(cursor);
    }
    const context = decoder.packetContext?.(cursor);
    const sizes = packetSizes(cursor);
    if (sizes !== undefined) this.#packets.window.setContentBits(sizes.contentBits);
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

  /** Changes to the decoder of a data stream class: another class, or the same one as it has grown. */
  #enter(decoder: DataStreamDecoder): void {
    const { id } = decoder.class;
    if (this.#decoder !== undefined) {
      const state = {
        decoder: this.#decoder,
        stream: this.#stream,
        clock: this.#cursor.clock,
        previous: this.#previous,
      };
      this.#others.set(this.#decoder.class.id, state);
      this.#previous = undefined;
    }
    const state = this.#others.get(id);
    this.#decoder = decoder;
    this.#stream = state?.decoder === decoder ? state.stream : undefined;
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
      if (this.#trace.mayGrow || this.#trace.class !== this.#metadata) {
        this.#lacksClass = true;
        throw NEED_METADATA;
      }
      const which = id === undefined ? 'the only one' : String(id);
      const message = `no event record class ${which} in data stream class ${decoder.class.id}`;
      throw cursor.error('UNKNOWN_EVENT_RECORD_CLASS', message, 'event-record-header');
    }
    const { clock } = cursor;
    // Contexts and payload may contain clock values too; the event record's time is the time of its header.
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
    message.bits = cursor.at - start;
    return message;
  };

  #endPacket(packet: Packet): void {
    const { clock } = this.#cursor;
    if (clock !== undefined && packet.endCycles !== undefined && packet.endCycles > clock.cycles) {
      clock.setCycles(packet.endCycles);
    }
    if (this.#reportsBoundaries) this.#pending.push(this.#boundary('packet-end', packet));
    this.#previous = packet;
    this.#packet = undefined;
    this.#packets.next(packet.totalBytes);
  }

  #summaryOf({ totalBytes, beginCycles, endCycles, sequenceNumber, discardedEvents }: Packet): PacketSummary {
    const { clock, contentBits } = this.#cursor;
    const toNs = (cycles: bigint | undefined) => (cycles === undefined ? undefined : clock?.toNanoseconds(cycles));
    return {
      sourceIdx: this.#packets.sourceIdx,
      offsetBytes: this.#packets.window.packetOffset,
      totalBytes,
      contentBits,
      beginCycles,
      endCycles,
      sequenceNumber,
      discardedEvents,
      beginNs: toNs(beginCycles),
      endNs: toNs(endCycles),
    };
  }

  #boundary(kind: BoundaryMessage['kind'], { fields, beginCycles, endCycles }: Packet): BoundaryMessage {
    const { clock } = this.#cursor;
    const told = kind === 'packet-begin' ? beginCycles : endCycles;
    // The clock is at the packet's end or behind it: some tracers recorded events behind the end, or left it 0.
    const cycles = kind === 'packet-end' && told !== undefined && clock !== undefined ? clock.cycles : told;
    const isDated = clock !== undefined && cycles !== undefined;
    const at = isDated ? instantOf(clock.toNanoseconds(cycles)) : { seconds: Number.NEGATIVE_INFINITY, nanoseconds: 0 };
    return { kind, stream: this.#stream!, packet: fields, cycles, ...at };
  }

  #streamOf(decoder: DataStreamDecoder): DataStream {
    this.#stream ??= {
      trace: this.#identity.class === this.#metadata ? this.#identity : { ...this.#identity, class: this.#metadata! },
      class: decoder.class,
      links: decoder.links,
      clockClass: decoder.clockClass,
      id: this.#id,
      name: this.#sources[0]!.name,
    };
    return this.#stream;
  }
}

const NOTHING: Next<undefined> = { kind: 'item', item: undefined };

const NO_CLOCK = { seconds: 0, nanoseconds: 0, high: 0, low: 0 };

function toBigInt(value: number | bigint | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}
