import { assert } from '@ringtail/base';
import { type PacketContent, RingConsumer, type RingCounters, type RingFile, RingMode } from '@ringtail/ringbuf';
import type { PacketSource, ReclaimableMemory, SourcePacket, SourcePosition, SourceShape } from '../packet-source.ts';
import type { CopiedPacket, SourceCounters } from '../source.ts';
import { withSourceErrors } from './ring-errors.ts';
import { copiedPacketOf, encodeRingPacketHeader, expectationOf, type RingIdentity } from './ring-packets.ts';

/** Ring of a JavaScript thread as a source of packets. */
export class RingSource implements PacketSource {
  readonly shape: SourceShape;
  readonly storesPosition = true;
  readonly memory: ReclaimableMemory | undefined;
  readonly #ring: RingConsumer;
  readonly #identity: RingIdentity;
  readonly #file: RingFile;
  /** Newest records of the ring and the packet made of them. */
  #taken: { readonly records: PacketContent; readonly packet: SourcePacket } | undefined;

  /** @throws {SourceError} if the file is not the ring of this data stream */
  constructor(file: RingFile, identity: RingIdentity) {
    const ring = withSourceErrors(() => new RingConsumer(file, expectationOf(identity)));
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
    const records = withSourceErrors(() => this.#ring.next(options));
    if (records === null) return null;
    const packet = { ...copiedPacketOf(records), after: records.after };
    this.#taken = { records, packet };
    return packet;
  }

  release(packet: SourcePacket): void {
    const taken = this.#taken;
    assert(taken?.packet === packet, 'only the newest packet is released');
    withSourceErrors(() => this.#ring.release(taken.records));
  }

  encodeHeader(packet: CopiedPacket): Uint8Array {
    return encodeRingPacketHeader(this.#identity, packet);
  }

  moveTo(position: SourcePosition): void {
    withSourceErrors(() => this.#ring.resumeAt(position));
  }

  renumber(packetSeq: number): void {
    withSourceErrors(() => this.#ring.renumber(packetSeq));
  }

  drop(): number {
    return withSourceErrors(() => this.#ring.drop());
  }

  counters(): SourceCounters {
    return withSourceErrors(() => sourceCountersOf(this.#ring.counters()));
  }

  readUse(): void {
    withSourceErrors(() => this.#ring.readUse());
  }

  requestWake(on: boolean): void {
    withSourceErrors(() => this.#ring.requestWake(on));
  }

  close(): void {
    this.#file.close();
  }
}

export function sourceCountersOf({
  recorded,
  discardedFull,
  discardedBig,
  failed,
  nested,
}: RingCounters): SourceCounters {
  return { recorded, discarded: discardedFull + discardedBig, failed, nested };
}
