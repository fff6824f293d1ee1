import { assert } from '@ringtail/base';
import type { PacketContent, RingConsumer, RingFile } from '@ringtail/ringbuf';
import { RingMode } from '@ringtail/ringbuf';
import type {
  PacketSource,
  ReclaimableMemory,
  SourceCounters,
  SourcePacket,
  SourcePosition,
  SourceShape,
} from '../packet-source.ts';
import { encodeRingPacketHeader, type RingIdentity } from './ring-packet-header.ts';

/** Ring of a JavaScript thread as a source of packets. */
export class RingSource implements PacketSource {
  readonly shape: SourceShape;
  readonly memory: ReclaimableMemory | undefined;
  readonly #ring: RingConsumer;
  readonly #identity: RingIdentity;
  readonly #file: Pick<RingFile, 'close'>;
  /** Newest records of the ring and the packet made of them. */
  #taken: { readonly records: PacketContent; readonly packet: SourcePacket } | undefined;

  constructor(ring: RingConsumer, identity: RingIdentity, file: Pick<RingFile, 'close'>) {
    const { subBufBytes, subBufCount, mode } = ring.header;
    this.shape = { subBufBytes, subBufCount, overwrites: mode === RingMode.OVERWRITE };
    this.memory = ring.isReclaimable ? ring : undefined;
    this.#ring = ring;
    this.#identity = identity;
    this.#file = file;
  }

  get position(): SourcePosition {
    return this.#ring.position;
  }

  get waitingBytes(): number {
    return this.#ring.waitingBytes;
  }

  get(options: { readonly takeOpen: boolean }): SourcePacket | null {
    const records = this.#ring.next(options);
    if (records === null) return null;
    const { packetSeq, beginTimestamp, endTimestamp, eventsDiscardedAtEnd, bytes, after } = records;
    const packet = {
      packetSeq,
      beginTimestamp,
      endTimestamp,
      eventsDiscarded: eventsDiscardedAtEnd,
      recordCount: recordCountOf(records),
      records: bytes,
      after,
    };
    this.#taken = { records, packet };
    return packet;
  }

  release(packet: SourcePacket): void {
    assert(this.#taken?.packet === packet, 'only the newest packet is released');
    this.#ring.release(this.#taken.records);
  }

  encodeHeader(packet: SourcePacket): Uint8Array {
    return encodeRingPacketHeader(this.#identity, packet);
  }

  moveTo(position: SourcePosition): void {
    this.#ring.resumeAt(position);
  }

  renumber(packetSeq: number): void {
    this.#ring.renumber(packetSeq);
  }

  drop(): number {
    return this.#ring.drop();
  }

  counters(): SourceCounters {
    const { recorded, discardedFull, discardedBig, failed, nested } = this.#ring.counters();
    return { recorded, discarded: discardedFull + discardedBig, failed, nested };
  }

  readUse(): void {
    this.#ring.readUse();
  }

  requestWake(on: boolean): void {
    this.#ring.requestWake(on);
  }

  close(): void {
    this.#file.close();
  }
}

/** A record takes a byte at least, so a ring that claims more records cannot blow up the counts. */
export function recordCountOf({ recordCount, bytes }: Pick<PacketContent, 'recordCount' | 'bytes'>): number {
  return Math.min(recordCount, bytes.length);
}
