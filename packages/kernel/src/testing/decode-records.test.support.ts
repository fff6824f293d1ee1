import type { ClockCycles } from '@ringtail/base';
import {
  BufferMedium,
  cpuPacketContextClass,
  DataStreamReader,
  encodeCpuPacketHeader,
  type FieldValue,
  packetHeaderClass,
  parseMetadata,
  printTsdl,
  type StructureValue,
  TraceDecoder,
} from '@ringtail/ctf';
import { type EventDeclaration, kernelEventClass } from '../events/event-declaration.ts';
import type { PacketFiller } from '../transcode/packet-filler.ts';
import { recordContextClass, recordHeaderClass } from '../transcode/record-class.ts';

const UUID = '01234567-89ab-cdef-0123-456789abcdef';
const CLOCK = 'monotonic';

/** An event record as our reader decodes it. */
export interface DecodedRecord {
  readonly name: string;
  readonly cycles: bigint;
  readonly tid: FieldValue | undefined;
  readonly fields: StructureValue;
}

export interface DecodeOptions {
  /** Time of the packet's begin, if not that of its first record. */
  readonly begin?: bigint;
  readonly contexts?: readonly string[];
}

/** Encodes the packet of a filler, and decodes it by metadata of these events. */
export function decodePacket(
  filler: PacketFiller,
  events: ReadonlyMap<number, EventDeclaration>,
  { begin, contexts = [] }: DecodeOptions = {},
): DecodedRecord[] {
  const time = (low: number, high: number) => ((BigInt(high) << 32n) | BigInt(low)) as ClockCycles;
  const records = filler.records.slice();
  const header = encodeCpuPacketHeader({
    traceUuid: UUID,
    streamClassId: 0,
    streamInstanceId: 0n,
    timestampBegin: (begin as ClockCycles | undefined) ?? time(filler.firstLow, filler.firstHigh),
    timestampEnd: time(filler.lastLow, filler.lastHigh),
    recordBytes: records.length,
    packetSequenceNumber: 0n,
    eventsDiscarded: 0n,
    cpu: 1,
  });
  const trace = decoderOf(events, contexts);
  const medium = { name: 'channel0_1', medium: new BufferMedium(Buffer.concat([header, records])) };
  const reader = new DataStreamReader(trace, { class: trace.class, name: 'kernel', uuid: UUID }, [medium], 0n);
  const decoded: DecodedRecord[] = [];
  for (let next = reader.next(); next.kind === 'item'; next = reader.next()) {
    if (next.item.kind !== 'event') throw new Error(`a packet has ${next.item.kind}`);
    const { class: event, cycles, payload, commonContext } = next.item;
    decoded.push({
      name: event.name,
      cycles,
      tid: commonContext?.tid,
      fields: payload ?? {},
    });
  }
  return decoded;
}

function decoderOf(events: ReadonlyMap<number, EventDeclaration>, contexts: readonly string[]): TraceDecoder {
  const commonContext = recordContextClass(contexts);
  const metadata = printTsdl({
    version: { major: 1, minor: 8 },
    byteOrder: 'le',
    uuid: UUID,
    environment: new Map(),
    clockClasses: [
      { name: CLOCK, frequency: 1_000_000_000n, offsetSeconds: 0n, offsetCycles: 0n, originIsUnixEpoch: true },
    ],
    packetHeader: packetHeaderClass(),
    dataStreamClasses: [
      {
        id: 0n,
        packetContext: cpuPacketContextClass(CLOCK),
        eventRecordHeader: recordHeaderClass(CLOCK),
        ...(commonContext && { eventRecordCommonContext: commonContext }),
        eventRecordClasses: Array.from(events, ([id, event]) => kernelEventClass(BigInt(id), event)),
      },
    ],
  });
  return new TraceDecoder(parseMetadata(new TextEncoder().encode(metadata)));
}
