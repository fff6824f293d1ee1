import { ClockValue } from '../decode/clock-value.ts';
import { TraceDecoder } from '../decode/data-stream-decoder.ts';
import type { EventMessage, PacketFields } from '../decode/messages.ts';
import type { FieldScope, IntegerRole, StructureFieldClass } from '../model/field-class.ts';
import type { Links } from '../model/links.ts';
import type { DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';
import { BitWriter } from './bit-writer.ts';
import { type FieldEncoder, fieldEncoder } from './field-encoder.ts';
import { roleMember, withMember } from './role-member.ts';
import { WriteError } from './write-error.ts';

interface EventRecordEncoder {
  readonly specificContext: FieldEncoder | undefined;
  readonly payload: FieldEncoder | undefined;
}

/** Receives a whole packet. The bytes live until it returns. */
export type PacketSink = (packet: Uint8Array) => void;

/**
 * Writes packets of one data stream from decoded event records of any classes: the counterpart of `DataStreamReader`.
 *
 * Events keep their headers. A header may contain only the low bits of the time. Where a reader would then compute an
 * earlier time, since many events before were left out, a new packet begins with the event's time.
 */
export class PacketWriter {
  readonly #sink: PacketSink;
  readonly #links: Links;
  readonly #ownLinks: ReadonlyMap<EventRecordClass, Links>;
  readonly #packetHeader: FieldEncoder | undefined;
  readonly #packetContext: FieldEncoder | undefined;
  readonly #eventRecordHeader: FieldEncoder | undefined;
  readonly #commonContext: FieldEncoder | undefined;
  readonly #records = new Map<bigint, EventRecordEncoder>();
  readonly #classes: ReadonlyMap<bigint, EventRecordClass>;
  readonly #beginMember: readonly string[] | undefined;
  readonly #sequenceMember: readonly string[] | undefined;
  readonly #writer = new BitWriter();

  #packet: PacketFields | undefined;
  /** Packets that were begun for the sake of the clock: all later ones have a higher number. */
  #extraPackets = 0n;
  #eventCount = 0;

  /** @param trace from the metadata of the output, with `dataStreamClass` in it */
  constructor(trace: TraceClass, dataStreamClass: DataStreamClass, sink: PacketSink) {
    this.#sink = sink;
    const decoder = new TraceDecoder(trace).dataStreamDecoder(dataStreamClass.id)!;
    this.#links = decoder.links.common;
    this.#ownLinks = decoder.links.eventRecordClasses;
    this.#packetHeader = this.#compile('packet-header', trace.packetHeader);
    this.#packetContext = this.#compile('packet-context', dataStreamClass.packetContext);
    this.#eventRecordHeader = this.#compile('event-record-header', dataStreamClass.eventRecordHeader);
    this.#commonContext = this.#compile('event-record-common-context', dataStreamClass.eventRecordCommonContext);
    this.#classes = new Map(dataStreamClass.eventRecordClasses.map((c) => [c.id, c]));
    const { packetContext } = dataStreamClass;
    this.#beginMember = packetContext && roleMember(packetContext, 'default-clock-timestamp');
    this.#sequenceMember = packetContext && roleMember(packetContext, 'packet-sequence-number');
    this.#writer.clock = decoder.clockClass && new ClockValue(decoder.clockClass);
  }

  /** @param beginCycles begin of the packet, if it differs from the begin in `packet` */
  begin(packet: PacketFields, beginCycles?: bigint): void {
    const writer = this.#writer;
    this.#packet = packet;
    this.#eventCount = 0;
    writer.clear();
    this.#packetHeader?.(writer, packet.header);
    let { context } = packet;
    if (beginCycles !== undefined) context = withMember(context, this.#beginMember, () => beginCycles);
    if (this.#extraPackets > 0n) {
      context = withMember(context, this.#sequenceMember, (number) => BigInt(number as bigint) + this.#extraPackets);
    }
    this.#packetContext?.(writer, context);
  }

  /**
   * Writes an event record into the packet at hand.
   *
   * @throws {WriteError} `CLOCK_GAP`
   */
  event(event: EventMessage): void {
    const writer = this.#writer;
    const start = writer.at;
    const { clock } = writer;
    const [high, low] = clock === undefined ? [0, 0] : [clock.high, clock.low];
    this.#eventRecordHeader?.(writer, event.header);
    if (clock !== undefined && !event.isAt(clock.high, clock.low)) {
      writer.goBack(start);
      clock.set(high, low);
      this.#beginAt(event);
    }
    const record = this.#records.get(event.class.id) ?? this.#compileRecord(event.class.id);
    this.#commonContext?.(writer, event.commonContext);
    record.specificContext?.(writer, event.specificContext);
    record.payload?.(writer, event.payload);
    this.#eventCount++;
  }

  /** Ends the packet at hand. `endCycles` is its end, if packets contain it. */
  end(endCycles: bigint | undefined): void {
    const writer = this.#writer;
    const contentBits = writer.at;
    writer.align(8);
    const totalBits = writer.at;
    this.#fill('packet-content-length', BigInt(contentBits));
    this.#fill('packet-total-length', BigInt(totalBits));
    if (endCycles !== undefined) this.#fill('packet-end-default-clock-timestamp', endCycles);
    writer.at = totalBits;
    this.#sink(writer.bytes);
    this.skipTo(endCycles);
    this.#packet = undefined;
  }

  /** To be called for a packet that was copied as it is. */
  skipTo(endCycles: bigint | undefined): void {
    const { clock } = this.#writer;
    if (clock !== undefined && endCycles !== undefined && endCycles > clock.cycles) clock.setCycles(endCycles);
  }

  #beginAt(event: EventMessage): void {
    const packet = this.#packet!;
    if (this.#beginMember === undefined) {
      throw new WriteError(
        'CLOCK_GAP',
        'the event record headers are too narrow to leave out the events before this one',
      );
    }
    if (this.#eventCount > 0) {
      this.end(this.#writer.clock?.cycles);
      this.#extraPackets++;
    }
    this.begin(packet, event.cycles);
    this.#eventRecordHeader?.(this.#writer, event.header);
    if (this.#writer.clock?.cycles !== event.cycles) {
      throw new WriteError('CLOCK_GAP', 'the times of packets are too narrow for the time of this event');
    }
  }

  #fill(role: IntegerRole, value: bigint): void {
    const mark = this.#writer.marks.get(role);
    if (mark === undefined) return;
    this.#writer.at = mark.at;
    mark.write(this.#writer, value);
  }

  #compileRecord(id: bigint): EventRecordEncoder {
    const eventRecordClass = this.#classes.get(id)!;
    const own = [this.#ownLinks.get(eventRecordClass)!];
    const record = {
      specificContext: this.#compile('event-record-specific-context', eventRecordClass.specificContext, own),
      payload: this.#compile('event-record-payload', eventRecordClass.payload, own),
    };
    this.#records.set(id, record);
    return record;
  }

  #compile(scope: FieldScope, root: StructureFieldClass | undefined, own: readonly Links[] = []) {
    return root && fieldEncoder(root, scope, [...own, this.#links]);
  }
}
