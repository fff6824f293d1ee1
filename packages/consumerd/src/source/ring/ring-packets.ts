import type { ClockCycles } from '@ringtail/base';
import { encodePacketHeader, uuidBytes } from '@ringtail/ctf';
import type { PacketContent, RingExpectation } from '@ringtail/ringbuf';
import type { CopiedPacket, StreamIdentity } from '../source.ts';

/** Identity of a data stream whose packets come from one thread. */
export interface RingIdentity extends StreamIdentity {
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/** Properties that the ring of a data stream must have. */
export function expectationOf({ streamClassId, traceUuid }: RingIdentity): RingExpectation {
  return { streamClassId, uuid: uuidBytes(traceUuid) };
}

export function copiedPacketOf(content: Omit<PacketContent, 'packetsLost'>): CopiedPacket {
  const { packetSeq, beginTimestamp, endTimestamp, eventsDiscardedAtEnd, recordCount, bytes } = content;
  return {
    packetSeq,
    beginTimestamp,
    endTimestamp,
    eventsDiscarded: eventsDiscardedAtEnd,
    // A record takes a byte at least, so a ring that claims more records cannot blow up the counts.
    recordCount: Math.min(recordCount, bytes.length),
    records: bytes,
  };
}

/** Encodes the header of a packet of a ring: packet header and packet context. */
export function encodeRingPacketHeader(identity: RingIdentity, packet: CopiedPacket): Uint8Array {
  return encodePacketHeader({
    ...identity,
    streamInstanceId: BigInt(identity.streamInstanceId),
    timestampBegin: BigInt(packet.beginTimestamp) as ClockCycles,
    timestampEnd: BigInt(packet.endTimestamp) as ClockCycles,
    recordBytes: packet.records.length,
    packetSequenceNumber: BigInt(packet.packetSeq),
    eventsDiscarded: BigInt(packet.eventsDiscarded),
  });
}
