import type { ClockCycles } from '@ringtail/base';
import {
  COMPACT_EVENT_HEADER,
  compactEventHeaderClass,
  type EventHeaderLayout,
  type EventSpec,
  encodePacketHeader,
  LARGE_EVENT_HEADER,
  largeEventHeaderClass,
  lowerFields,
  type PacketDescription,
  packetContextClass,
  packetHeaderClass,
  parseEventSpec,
  type TraceClass,
} from '@ringtail/ctf';
import {
  buildPayloadEncoder,
  compilePayloadEncoder,
} from '../../packages/ctf/src/testing/payload-encoder.test.support.ts';
import { randomEventSpec } from './random-schema.ts';
import { type Expected, randomSample } from './random-value.ts';
import type { SeededRandom } from './seeded-random.ts';

interface RecordedEvent {
  readonly id: number;
  readonly spec: EventSpec;
  readonly timestamp: bigint;
  readonly values: readonly Expected[];
  /** By the compiled encoder and by the closure encoder. */
  readonly payloads: readonly [compiled: Uint8Array, closures: Uint8Array];
}

export interface RecordedPacket {
  readonly description: PacketDescription;
  readonly events: readonly RecordedEvent[];
  readonly bytes: Uint8Array;
}

/** A trace of random event classes in two data streams: one with large headers, one with compact ones. */
export interface RandomTrace {
  /** In the order of time, without overlaps. */
  readonly packets: readonly RecordedPacket[];
  /** The trace class, as metadata of `version` describes it. */
  traceClass(version: 1 | 2): TraceClass;
}

export const CLOCK_OFFSET_SECONDS = 1_795_180_072n;
export const CLOCK_OFFSET_CYCLES = 928_619_643n;
const TRACE_UUID = '8dddfa5e-2176-4603-b835-1569e89fca91';
const RECORDS_PER_CLASS = 3;
const RECORDS_PER_PACKET = 40;

interface StreamPlan {
  readonly streamClassId: number;
  readonly layout: EventHeaderLayout;
  readonly events: ReadonlyMap<number, EventSpec>;
}

export function randomTrace(random: SeededRandom, classCount: number): RandomTrace {
  const specs = random.list(classCount, (i) => checkedSpec(randomEventSpec(random, `random:event ${i} é`)));
  const half = Math.ceil(classCount / 2);
  // The identifiers are near the largest ones of the headers' short forms.
  const streams: readonly StreamPlan[] = [
    { streamClassId: 0, layout: LARGE_EVENT_HEADER, events: numbered(specs.slice(0, half), 65_000) },
    { streamClassId: 1, layout: COMPACT_EVENT_HEADER, events: numbered(specs.slice(half), 0) },
  ];
  return { packets: recordPackets(random, streams), traceClass: (version) => traceClass(streams, version) };
}

/** As in a daemon: parsed from JSON and checked. */
function checkedSpec(spec: EventSpec): EventSpec {
  return parseEventSpec(JSON.parse(JSON.stringify(spec)));
}

function numbered(specs: readonly EventSpec[], firstId: number): ReadonlyMap<number, EventSpec> {
  return new Map(specs.map((spec, i) => [firstId + i, spec]));
}

function recordPackets(random: SeededRandom, streams: readonly StreamPlan[]): RecordedPacket[] {
  const waiting = streams.map((stream) => shuffledRecords(random, stream));
  const packets: RecordedPacket[] = [];
  let now = 1_000_000n;
  while (waiting.some((records) => records.length > 0)) {
    for (const [i, stream] of streams.entries()) {
      const records = waiting[i]?.splice(0, RECORDS_PER_PACKET) ?? [];
      if (records.length === 0) continue;
      const begin = now;
      const events = records.map((record) => {
        now += randomPause(random);
        return { ...record, timestamp: now };
      });
      packets.push(packetOf(stream, events, begin, now + 1n, packets.length));
      now += 2n;
    }
  }
  return packets;
}

type Recorded = Omit<RecordedEvent, 'timestamp'>;

/** Every class once, then every class again, each time in another order. */
function shuffledRecords(random: SeededRandom, stream: StreamPlan): Recorded[] {
  return random
    .list(RECORDS_PER_CLASS, (round) => {
      const records = Array.from(stream.events, ([id, spec]) => recordOf(random, id, spec, round === 0));
      return random.shuffled(records);
    })
    .flat();
}

function recordOf(random: SeededRandom, id: number, spec: EventSpec, emptyTexts: boolean): Recorded {
  const samples = spec.fields.map((field) => randomSample(random, field.spec, emptyTexts));
  const inputs = samples.map((sample) => sample.input);
  return {
    id,
    spec,
    values: samples.map((sample) => sample.expected),
    payloads: [compilePayloadEncoder(spec.fields)(inputs), buildPayloadEncoder(spec.fields)(inputs)],
  };
}

/** Mostly short; sometimes longer than the time stamp of a compact or a large header can hold. */
function randomPause(random: SeededRandom): bigint {
  if (random.oneIn(20)) return 2n ** 27n + BigInt(random.between(-1, 1));
  if (random.oneIn(20)) return 2n ** 32n + BigInt(random.between(-1, 1));
  return BigInt(random.between(1, 5000));
}

function packetOf(
  stream: StreamPlan,
  events: readonly RecordedEvent[],
  begin: bigint,
  end: bigint,
  packetIdx: number,
): RecordedPacket {
  let last = begin;
  const records = events.flatMap((event) => {
    const header = eventHeader(stream.layout, event.id, event.timestamp, last);
    last = event.timestamp;
    return [header, event.payloads[0]];
  });
  const description: PacketDescription = {
    traceUuid: TRACE_UUID,
    streamClassId: stream.streamClassId,
    streamInstanceId: BigInt(stream.streamClassId + 5),
    timestampBegin: begin as ClockCycles,
    timestampEnd: end as ClockCycles,
    recordBytes: records.reduce((bytes, record) => bytes + record.length, 0),
    packetSequenceNumber: BigInt(Math.floor(packetIdx / 2)),
    eventsDiscarded: 0n,
    pid: 4711,
    tid: 4712 + stream.streamClassId,
    procname: 'grüße',
  };
  return { description, events, bytes: Buffer.concat([encodePacketHeader(description), ...records]) };
}

function eventHeader(layout: EventHeaderLayout, id: number, timestamp: bigint, last: bigint): Uint8Array {
  const isShort = id < layout.extendedId && timestamp - last < 2n ** BigInt(layout.timestampBits);
  const bytes = new Uint8Array(isShort ? layout.shortBytes : layout.extendedBytes);
  const view = new DataView(bytes.buffer);
  if (!isShort) {
    view.setUint16(0, layout.extendedId, true);
    view.setUint32(layout.extendedIdOffset, id, true);
    view.setBigUint64(layout.extendedTimestampOffset, timestamp, true);
    return bytes;
  }
  const idBits = BigInt(layout.idBits);
  const word = BigInt(id) | (BigInt.asUintN(layout.timestampBits, timestamp) << idBits);
  bytes.forEach((_, i) => {
    bytes[i] = Number((word >> BigInt(8 * i)) & 0xffn);
  });
  return bytes;
}

function traceClass(streams: readonly StreamPlan[], version: 1 | 2): TraceClass {
  return {
    version: version === 1 ? { major: 1, minor: 8 } : { major: 2, minor: 0 },
    byteOrder: 'le',
    uuid: TRACE_UUID,
    environment: new Map<string, string | bigint>([
      ['hostname', 'a "host"\\\n'],
      ['domain', 'ust'],
      ['tracer_name', 'ringtail'],
      ['tracer_major', 0n],
    ]),
    clockClasses: [
      {
        name: 'monotonic',
        description: 'Monotonic clock',
        frequency: 1_000_000_000n,
        offsetSeconds: CLOCK_OFFSET_SECONDS,
        offsetCycles: CLOCK_OFFSET_CYCLES,
        uuid: 'ed816344-041c-4a68-a9d1-6d3fa37a6914',
        originIsUnixEpoch: true,
      },
    ],
    packetHeader: packetHeaderClass(),
    dataStreamClasses: streams.map(({ streamClassId, layout, events }) => ({
      id: BigInt(streamClassId),
      packetContext: packetContextClass('monotonic'),
      eventRecordHeader: (layout === LARGE_EVENT_HEADER ? largeEventHeaderClass : compactEventHeaderClass)('monotonic'),
      eventRecordClasses: Array.from(events, ([id, spec]) => ({
        id: BigInt(id),
        name: spec.name,
        logLevel: spec.logLevel,
        payload: lowerFields(spec.fields, version),
      })),
    })),
  };
}
