import {
  type ByteOrder,
  type ClockClass,
  type DataStreamClass,
  type EventRecordClass,
  type FieldClass,
  type FieldValue,
  type IntegerRole,
  PACKET_MAGIC,
  printCtf2,
  printTsdl,
  type StructureFieldClass,
  type StructureMember,
  type StructureValue,
  type TraceClass,
  uuidBytes,
} from '@ringtail/ctf';
import { type ClassOptions, RandomClasses } from './random-classes.ts';
import { ReferenceEncoder } from './reference-encoder.ts';
import type { SeededRandom } from './seeded-random.ts';

/** An event record with its expected values. */
export interface WrittenEvent {
  readonly class: EventRecordClass;
  /** Value of the clock; zero where there is none. */
  readonly cycles: bigint;
  readonly packetContext: StructureValue | undefined;
  readonly commonContext: StructureValue | undefined;
  readonly specificContext: StructureValue | undefined;
  readonly payload: StructureValue | undefined;
}

export interface WrittenStream {
  readonly class: DataStreamClass;
  /** Name of the file. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly events: readonly WrittenEvent[];
}

export interface WrittenTrace {
  readonly class: TraceClass;
  readonly metadata: string;
  readonly streams: readonly WrittenStream[];
}

export interface PacketOptions extends ClassOptions {
  /** Number of event records. */
  readonly records: number;
}

const UUID = '5f8d9c1a-3b7e-4f60-9a1d-2c4b6e8f0a13';
const CLOCK = 'c';
const PACKET_RECORDS_MAX = 100;

/** Makes a trace of random field classes in every scope, written according to the specification. */
export function randomPackets(random: SeededRandom, options: PacketOptions): WrittenTrace {
  return new TraceMaker(random, options).make();
}

type Fields = Readonly<Record<string, FieldClass>>;

interface StreamPlan {
  readonly class: DataStreamClass;
  /** Field classes with a meaning, by the name of the member. */
  readonly context: Fields;
  readonly header: Fields;
  /** Bits of the time in event record headers, if any. */
  readonly timestampBits: number;
  readonly tellsSizes: boolean;
}

interface EventHeader {
  /** Field classes with a meaning. */
  readonly header: Fields;
  readonly eventRecordHeader?: StructureFieldClass;
}

interface FilePlan {
  readonly stream: StreamPlan;
  readonly name: string;
  readonly instance: bigint;
  readonly packets: Uint8Array[];
  readonly events: WrittenEvent[];
  open: OpenPacket | undefined;
  packetCount: number;
}

interface OpenPacket {
  readonly context: StructureValue | undefined;
  readonly encoder: ReferenceEncoder;
  readonly recordsMax: number;
  recordCount: number;
  lastCycles: bigint;
}

class TraceMaker {
  readonly #random: SeededRandom;
  readonly #options: PacketOptions;
  readonly #classes: RandomClasses;
  readonly #byteOrder: ByteOrder;
  readonly #clock: ClockClass | undefined;
  #packetHeader: StructureFieldClass | undefined;
  #headerFields: Fields = {};
  #now: bigint;

  constructor(random: SeededRandom, options: PacketOptions) {
    this.#random = random;
    this.#options = options;
    this.#classes = new RandomClasses(random, options);
    this.#byteOrder = random.pick(['le', 'be'] as const);
    this.#clock = random.oneIn(8) ? undefined : this.#clockClass();
    this.#now = random.pick([BigInt(random.between(0, 2 ** 30)), 2n ** 32n - BigInt(random.between(0, 1_000_000))]);
  }

  make(): WrittenTrace {
    const random = this.#random;
    const isNumbered = random.oneIn(2);
    const hasHeader = isNumbered || random.oneIn(2);
    if (hasHeader) this.#makePacketHeader(isNumbered);
    const plans = random.list(isNumbered ? random.between(1, 3) : 1, (i) => this.#streamPlan(BigInt(i)));
    const traceClass = this.#traceClass(plans);
    const files = plans.flatMap((plan) => this.#files(plan));
    this.#writeRecords(files);
    return {
      class: traceClass,
      metadata: (this.#options.version === 1 ? printTsdl : printCtf2)(traceClass),
      streams: files.map(({ stream, name, packets, events }) => ({
        class: stream.class,
        name,
        bytes: new Uint8Array(Buffer.concat(packets)),
        events,
      })),
    };
  }

  #traceClass(plans: readonly StreamPlan[]): TraceClass {
    const { version } = this.#options;
    return {
      version: version === 1 ? { major: 1, minor: 8 } : { major: 2, minor: 0 },
      byteOrder: this.#byteOrder,
      uuid: UUID,
      environment: new Map([['hostname', 'host']]),
      clockClasses: this.#clock === undefined ? [] : [this.#clock],
      ...(this.#packetHeader && { packetHeader: this.#packetHeader }),
      dataStreamClasses: plans.map((plan) => plan.class),
    };
  }

  #clockClass(): ClockClass {
    const random = this.#random;
    return {
      name: CLOCK,
      frequency: random.pick([1_000_000_000n, 1_000_000_000n, 1_000_000n, 1000n, 123_456_789n, 3_000_000_000n]),
      offsetSeconds: BigInt(random.pick([0, 1_700_000_000, random.between(0, 2 ** 31)])),
      offsetCycles: BigInt(random.pick([0, random.between(0, 999)])),
      originIsUnixEpoch: random.oneIn(2),
    };
  }

  #makePacketHeader(isNumbered: boolean): void {
    const random = this.#random;
    const classes = this.#classes;
    const fields: Record<string, FieldClass> = {};
    const add = (name: string, fieldClass: FieldClass) => {
      fields[name] = fieldClass;
    };
    if (random.oneIn(2)) {
      // A reader checks the magic number first.
      const align = random.pick([8, 32]);
      const roles = ['packet-magic-number'] as const;
      const bits = { bits: 32, align, byteOrder: this.#byteOrder };
      add('magic', { kind: 'integer', ...bits, signed: false, base: 16, encoding: 'none', roles });
    }
    if (random.oneIn(3)) add('uuid', this.#uuidClass());
    if (isNumbered) add('stream_id', this.#whole('data-stream-class-id', 8));
    if (random.oneIn(2)) add('stream_instance_id', this.#whole('data-stream-id', 8));
    this.#headerFields = fields;
    this.#packetHeader = classes.scope('packet-header', members(fields), random.oneIn(2) ? random.between(0, 2) : 0);
  }

  #uuidClass(): FieldClass {
    if (this.#options.version === 2) return { kind: 'static-blob', length: 16, roles: ['metadata-stream-uuid'] };
    const byte = { ...this.#classes.unsigned(8), align: 8, base: 16 } as const;
    return { kind: 'static-array', element: byte, length: 16 };
  }

  /** An unsigned integer with a role. */
  #whole(role: IntegerRole, bitsMin: number, clock?: string): FieldClass {
    return this.#classes.unsignedFrom(bitsMin, { roles: [role], ...(clock !== undefined && { clock }) });
  }

  #streamPlan(id: bigint): StreamPlan {
    const random = this.#random;
    const classes = this.#classes;
    const clock = this.#clock?.name;
    classes.wholeBytes = !random.oneIn(6);
    const tellsSizes = !random.oneIn(6);
    const tellsTimes = clock !== undefined && random.oneIn(2);
    const context: Record<string, FieldClass> = {};
    if (tellsTimes) {
      context.timestamp_begin = this.#whole('default-clock-timestamp', 34, clock);
      context.timestamp_end = this.#whole('packet-end-default-clock-timestamp', 34, clock);
    }
    if (tellsSizes) {
      context.content_size = this.#whole('packet-content-length', 26);
      context.packet_size = this.#whole('packet-total-length', 26);
    }
    if (random.oneIn(4)) context.packet_seq_num = this.#whole('packet-sequence-number', 16);
    if (random.oneIn(4)) context.events_discarded = this.#whole('discarded-event-record-counter-snapshot', 3);
    const shuffled = Object.fromEntries(random.shuffled(Object.entries(context)));
    const extra = random.oneIn(2) ? random.between(0, 3) : 0;
    const hasContext = Object.keys(context).length + extra > 0;
    let packetContext = hasContext ? classes.scope('packet-context', members(shuffled), extra) : undefined;
    if (packetContext !== undefined && !tellsSizes) packetContext = this.#endingWithByte(packetContext);
    const timestampBits = clock === undefined ? 0 : classes.unsignedFrom(tellsTimes && tellsSizes ? 4 : 34).bits;
    const eventCount = random.between(1, 6);
    const hasEventHeader = timestampBits > 0 || eventCount > 1 || random.oneIn(2);
    const { header, eventRecordHeader }: EventHeader = hasEventHeader
      ? this.#eventHeader(timestampBits)
      : { header: {} };
    const commonContext = random.oneIn(3)
      ? classes.scope('event-record-common-context', [], random.between(0, 3))
      : undefined;
    const ids = header.id === undefined ? [0n] : this.#ids(header, eventCount);
    const eventRecordClasses = ids.map((eventId) => this.#eventClass(eventId, id, tellsSizes && hasEventHeader));
    classes.forget('packet-context', 'event-record-header', 'event-record-common-context');
    const streamClass: DataStreamClass = {
      id,
      ...(packetContext && { packetContext }),
      ...(eventRecordHeader && { eventRecordHeader }),
      ...(commonContext && { eventRecordCommonContext: commonContext }),
      eventRecordClasses,
    };
    return { class: streamClass, context, header, timestampBits, tellsSizes };
  }

  #eventHeader(timestampBits: number): EventHeader {
    const random = this.#random;
    const classes = this.#classes;
    const clock = timestampBits === 0 ? {} : { clock: CLOCK, roles: ['default-clock-timestamp'] as const };
    const timestamp = timestampBits === 0 ? {} : { timestamp: classes.unsigned(timestampBits, clock) };
    if (timestampBits === 0 || !random.oneIn(3)) {
      const header: Fields = { id: this.#whole('event-record-class-id', 4), ...timestamp };
      const ordered = Object.fromEntries(random.shuffled(Object.entries(header)));
      const extra = random.oneIn(8) ? random.between(1, 2) : 0;
      return { header, eventRecordHeader: classes.scope('event-record-header', members(ordered), extra) };
    }
    // As in LTTng: an identifier selects a short or a long form of the rest.
    const idBits = classes.wholeBytes ? random.pick([8, 16]) : random.between(4, 16);
    const marker = 2n ** BigInt(idBits) - 1n;
    const id: FieldClass = {
      kind: 'enumeration',
      container: classes.unsigned(idBits, { roles: ['event-record-class-id'] }),
      mappings: [
        { label: 'compact', lower: 0n, upper: marker - 1n },
        { label: 'extended', lower: marker, upper: marker },
      ],
    };
    const extendedId = classes.unsigned(random.between(idBits, 64), { roles: ['event-record-class-id'] });
    const extendedTimestamp = classes.unsigned(64, clock);
    const structure = (inner: Fields): StructureFieldClass => ({
      kind: 'structure',
      members: members(inner),
      align: 1,
    });
    const option = (name: 'compact' | 'extended', fieldClass: FieldClass, value: [bigint, bigint]) => ({
      name,
      fieldClass,
      ...(this.#options.version === 2 && { ranges: [{ lower: value[0], upper: value[1] }] }),
    });
    const v: FieldClass = {
      kind: 'variant',
      selector: { path: ['id'] },
      options: [
        option('compact', structure({ ...timestamp }), [0n, marker - 1n]),
        option('extended', structure({ id: extendedId, timestamp: extendedTimestamp }), [marker, marker]),
      ],
    };
    classes.targets.set(v, id);
    const header = { id, ...timestamp, extendedId, extendedTimestamp };
    return { header, eventRecordHeader: classes.scope('event-record-header', members({ id, v }), 0) };
  }

  #ids({ id }: Fields, count: number): readonly bigint[] {
    const random = this.#random;
    const integer = id!.kind === 'enumeration' ? id!.container : id!;
    const bits = integer.kind === 'integer' ? integer.bits : 64;
    // The largest identifier marks an extended header.
    const most = 2n ** BigInt(Math.min(bits, 40)) - 2n;
    const ids = random.list(count, (i) => {
      const any = random.oneIn(12) ? random.bits64() : BigInt(random.between(0, 65_536));
      return random.oneIn(2) ? BigInt(i) : any % (most + 1n);
    });
    return [...new Set(ids)];
  }

  /** @param mayBeEmpty whether a reader finds the end of the records even if this one is empty or ends within a byte */
  #eventClass(id: bigint, streamId: bigint, mayBeEmpty: boolean): EventRecordClass {
    const random = this.#random;
    const classes = this.#classes;
    classes.wholeBytes = !random.oneIn(4);
    const specificContext = random.oneIn(4)
      ? classes.scope('event-record-specific-context', [], random.between(0, 3))
      : undefined;
    let payload: StructureFieldClass | undefined;
    if (!mayBeEmpty || !random.oneIn(12)) payload = classes.scope('event-record-payload', [], random.between(0, 6));
    if (!mayBeEmpty && payload !== undefined) payload = this.#endingWithByte(payload);
    classes.forget('event-record-specific-context', 'event-record-payload');
    return {
      id,
      name: `event ${streamId}:${id}`,
      ...(random.oneIn(2) && { logLevel: random.between(0, 14) }),
      ...(specificContext && { specificContext }),
      ...(payload && { payload }),
    };
  }

  #endingWithByte(structure: StructureFieldClass): StructureFieldClass {
    const last = { name: 'last', fieldClass: this.#classes.unsigned(8, { align: 8 }) };
    return { ...structure, members: [...structure.members, last] };
  }

  /** Data streams of a class; several only if packets identify their data stream. */
  #files(stream: StreamPlan): FilePlan[] {
    const random = this.#random;
    const count = this.#headerFields.stream_instance_id === undefined ? 1 : random.between(1, 2);
    return random.list(count, (i) => ({
      stream,
      name: `stream_${stream.class.id}_${i}`,
      instance: BigInt(i),
      packets: [],
      events: [],
      open: undefined,
      packetCount: 0,
    }));
  }

  /** Times grow over all data streams, and no two are equal. */
  #writeRecords(files: readonly FilePlan[]): void {
    const random = this.#random;
    let file = files[0]!;
    for (let i = 0; i < this.#options.records; i++) {
      this.#pause();
      // In runs, which generated code reads at once.
      if (random.oneIn(25)) file = random.pick(files);
      const { timestampBits, tellsSizes } = file.stream;
      const isFull = file.open !== undefined && file.open.recordCount >= file.open.recordsMax;
      const isLate = file.open !== undefined && this.#now - file.open.lastCycles >= 2n ** BigInt(timestampBits);
      if (tellsSizes && (isFull || (timestampBits > 0 && isLate))) {
        this.#endPacket(file);
        this.#pause();
      }
      file.open ??= this.#beginPacket(file);
      this.#writeRecord(file, file.open);
    }
    for (const file of files) {
      this.#pause();
      // Some readers ignore a data stream without packets.
      file.open ??= file.packets.length === 0 ? this.#beginPacket(file) : undefined;
      this.#endPacket(file);
    }
  }

  #pause(): void {
    const random = this.#random;
    this.#now += BigInt(random.oneIn(40) ? random.between(1, 2 ** 21) : random.between(1, 3000));
  }

  #beginPacket(file: FilePlan): OpenPacket {
    const random = this.#random;
    const { stream, instance } = file;
    const encoder = new ReferenceEncoder(random, this.#classes, !this.#options.forBabeltrace20);
    const give = (fields: Fields, name: string, value: bigint) => {
      const fieldClass = fields[name];
      if (fieldClass !== undefined) encoder.given.set(fieldClass, value);
    };
    give(this.#headerFields, 'magic', BigInt(PACKET_MAGIC));
    give(this.#headerFields, 'stream_id', stream.class.id);
    give(this.#headerFields, 'stream_instance_id', instance);
    give(stream.context, 'timestamp_begin', this.#now);
    give(stream.context, 'packet_seq_num', BigInt(file.packetCount++));
    for (const name of ['timestamp_end', 'content_size', 'packet_size', 'events_discarded'])
      give(stream.context, name, 0n);
    const { uuid } = this.#headerFields;
    if (uuid !== undefined) encoder.givenBytes.set(uuid, uuidBytes(UUID));
    if (this.#packetHeader !== undefined) encoder.field(this.#packetHeader);
    const { packetContext } = stream.class;
    return {
      context: packetContext && (encoder.field(packetContext) as StructureValue),
      encoder,
      recordsMax: random.between(1, PACKET_RECORDS_MAX),
      recordCount: 0,
      lastCycles: this.#now,
    };
  }

  #writeRecord(file: FilePlan, open: OpenPacket): void {
    const random = this.#random;
    const { stream } = file;
    const { encoder } = open;
    const eventClass = random.pick(stream.class.eventRecordClasses);
    const { header } = stream;
    if (header.id !== undefined) {
      let id = eventClass.id;
      if (header.id.kind === 'enumeration') {
        const marker = header.id.mappings[1]!.lower;
        if (id >= marker || random.oneIn(3)) id = marker;
        encoder.given.set(header.extendedId!, eventClass.id);
        encoder.given.set(header.extendedTimestamp!, this.#now);
      }
      encoder.given.set(header.id, id);
    }
    if (header.timestamp !== undefined) encoder.given.set(header.timestamp, this.#now);
    const { eventRecordHeader, eventRecordCommonContext } = stream.class;
    const { specificContext, payload } = eventClass;
    const field = (fieldClass: FieldClass | undefined): FieldValue => fieldClass && encoder.field(fieldClass);
    field(eventRecordHeader);
    file.events.push({
      class: eventClass,
      cycles: stream.timestampBits === 0 ? 0n : this.#now,
      packetContext: open.context,
      commonContext: field(eventRecordCommonContext) as StructureValue | undefined,
      specificContext: field(specificContext) as StructureValue | undefined,
      payload: field(payload) as StructureValue | undefined,
    });
    open.recordCount++;
    open.lastCycles = this.#now;
  }

  /** Fills in the sizes and the end time of a packet. */
  #endPacket(file: FilePlan): void {
    const { open, stream } = file;
    if (open === undefined) return;
    const random = this.#random;
    const { packet } = open.encoder;
    const contentBits = packet.at;
    packet.align(8);
    if (stream.tellsSizes && random.oneIn(2)) packet.put(0n, 8 * random.between(0, 40), 'le');
    const totalBits = packet.at;
    const fill = (name: string, value: bigint) => {
      const fieldClass = stream.context[name];
      if (fieldClass?.kind !== 'integer') return;
      packet.at = open.encoder.places.get(fieldClass)!;
      packet.put(value, fieldClass.bits, fieldClass.byteOrder, fieldClass.bitsReversed);
      const cut = BigInt.asUintN(fieldClass.bits, value);
      (open.context as Record<string, FieldValue>)[name] = cut < 2n ** 53n ? Number(cut) : cut;
    };
    fill('timestamp_end', this.#now);
    fill('content_size', BigInt(contentBits));
    fill('packet_size', BigInt(totalBits));
    packet.at = totalBits;
    file.packets.push(packet.bytes);
    file.open = undefined;
  }
}

function members(fields: Fields): StructureMember[] {
  return Object.entries(fields).map(([name, fieldClass]) => ({ name, fieldClass }));
}
