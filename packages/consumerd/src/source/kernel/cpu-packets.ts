import type { ClockCycles } from '@ringtail/base';
import { encodeCpuPacketHeader } from '@ringtail/ctf';
import { kernelEventTranscoder, PacketFiller, parseEventDeclaration } from '@ringtail/kernel';
import type { CopiedPacket, SourceChannel, StreamIdentity } from '../source.ts';

/** Bytes of records in a packet that is full. The smallest one holds several of the kernel's largest records. */
export const PACKET_BYTES = 256 * 1024;

/** Fills packets with the declared events of a channel. */
export function packetFiller({ contexts, events }: SourceChannel): PacketFiller {
  return new PacketFiller({
    capacityBytes: PACKET_BYTES,
    contexts,
    transcoderOf: (id) => {
      const text = events.get(id);
      return text === undefined ? undefined : kernelEventTranscoder(parseEventDeclaration(JSON.parse(text)));
    },
  });
}

export function encodeCpuHeader(identity: StreamIdentity, cpu: number, packet: CopiedPacket): Uint8Array {
  const { traceUuid, streamClassId, streamInstanceId } = identity;
  return encodeCpuPacketHeader({
    traceUuid,
    streamClassId,
    streamInstanceId: BigInt(streamInstanceId),
    timestampBegin: BigInt(packet.beginTimestamp) as ClockCycles,
    timestampEnd: BigInt(packet.endTimestamp) as ClockCycles,
    recordBytes: packet.records.length,
    packetSequenceNumber: BigInt(packet.packetSeq),
    eventsDiscarded: BigInt(packet.eventsDiscarded),
    cpu,
  });
}
