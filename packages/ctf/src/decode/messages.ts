import { type ClockCycles, type Instant, type Nanoseconds, nanosecondsOf } from '@ringtail/base';
import type { DataStreamLinks } from '../model/links.ts';
import type { ClockClass, DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';
import type { StructureValue } from './values.ts';

/** The data stream of a message: its trace, its class, its name. */
export interface DataStream {
  readonly trace: TraceIdentity;
  readonly class: DataStreamClass;
  readonly links: DataStreamLinks;
  /** Unless it is absent, messages have a time. */
  readonly clockClass: ClockClass | undefined;
  /** Identifier in the packets, or the data stream's number in its class. */
  readonly id: bigint;
  /** Path of its (first) file. */
  readonly name: string;
}

export interface TraceIdentity {
  readonly class: TraceClass;
  /** Host name and path, as far as they are known. */
  readonly name: string;
  readonly uuid: string | undefined;
}

/** Fields and times that the event records of one packet share. */
export interface PacketFields {
  readonly header: StructureValue | undefined;
  readonly context: StructureValue | undefined;
  /** Begin and end of the packet, where it contains them. Old tracers put events outside of that time. */
  readonly begin: Instant | undefined;
  readonly end: Instant | undefined;
}

/** An event record. */
export class EventMessage implements Instant {
  readonly kind = 'event';
  readonly stream: DataStream;
  readonly class: EventRecordClass;
  readonly packet: PacketFields;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly #high: number;
  readonly #low: number;
  /** Size of the event record, its header included. */
  bits = 0;
  /** Only where the trace's decoder keeps headers. */
  header: StructureValue | undefined;
  commonContext: StructureValue | undefined;
  specificContext: StructureValue | undefined;
  payload: StructureValue | undefined;

  constructor(
    stream: DataStream,
    eventRecordClass: EventRecordClass,
    packet: PacketFields,
    clock: Instant & { readonly high: number; readonly low: number },
  ) {
    this.stream = stream;
    this.class = eventRecordClass;
    this.packet = packet;
    this.seconds = clock.seconds;
    this.nanoseconds = clock.nanoseconds;
    this.#high = clock.high;
    this.#low = clock.low;
  }

  /** Nanoseconds since the origin of the clock class. Zero where there is no clock. */
  get at(): Nanoseconds {
    return nanosecondsOf(this) as Nanoseconds;
  }

  /** Whether the clock's value is `high` × 2^32 + `low`. */
  isAt(high: number, low: number): boolean {
    return this.#high === high && this.#low === low;
  }

  /** The value of the clock. */
  get cycles(): ClockCycles {
    return ((BigInt(this.#high) << 32n) | BigInt(this.#low)) as ClockCycles;
  }
}

/** The tracer did not record some events, or some packets were overwritten before they were taken. */
export interface LossMessage extends Instant {
  readonly kind: 'discarded-events' | 'discarded-packets';
  readonly stream: DataStream;
  /** Undefined where it is not known: before the first packet, and where the counter of losses went down. */
  readonly count: bigint | undefined;
  /**
   * Begin and end of the loss; undefined where packets do not contain them. `seconds` and `nanoseconds` are the begin.
   */
  readonly range: { readonly begin: Instant; readonly end: Instant } | undefined;
}

export type Message = EventMessage | LossMessage;

/** The begin or the end of a packet. Readers report it only on request. */
export interface BoundaryMessage extends Instant {
  readonly kind: 'packet-begin' | 'packet-end';
  readonly stream: DataStream;
  readonly packet: PacketFields;
  /** Value of the clock there, where packets contain it. */
  readonly cycles: bigint | undefined;
}
