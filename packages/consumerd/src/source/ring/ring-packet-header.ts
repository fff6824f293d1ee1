import type { ClockCycles } from '@ringtail/base';
import { encodePacketHeader } from '@ringtail/ctf';
import type { StreamIdentity } from '../../output/packet-output.ts';
import type { SourcePacket } from '../packet-source.ts';

/** Identity of a data stream whose packets come from one thread. */
export interface RingIdentity extends StreamIdentity {
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/** Encodes the header of a packet of a ring: packet header and packet context. */
export function encodeRingPacketHeader(identity: RingIdentity, packet: Omit<SourcePacket, 'after'>): Uint8Array {
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
