import { assert } from '@ringtail/base';
import { uuidBytes } from '@ringtail/ctf';
import type {
  PacketSource,
  SourceCounters,
  SourcePacket,
  SourcePosition,
  SourceShape,
} from '../source/packet-source.ts';
import type { RingIdentity } from '../source/ring/ring-packet-header.ts';
import { RECORD_BYTES } from './test-ring.test.support.ts';

interface SubBuf {
  readonly numbers: number[];
  readonly timestamps: number[];
  /** Events discarded until the sub-buffer was closed. */
  discarded: number;
}

const RECORDS_PER_SUB_BUF = 20;
const SUB_BUF_COUNT = 4;
/** Packet header of LTTng-UST: packet header, and a packet context that ends with `cpu_id`. */
export const FAKE_HEADER_BYTES = 84;

/**
 * Memory of another ABI, after that of LTTng-UST: sub-buffers are taken whole, so the open one is flushed before it is
 * taken. It survives its consumers, and stores the index of the next sub-buffer to take.
 */
export class FakeBuffer {
  /** Records committed; the number in the next one. */
  recorded = 0;
  discarded = 0;
  /** Clock of the producer. */
  clock = 1_000_000;
  readonly subBufs: SubBuf[] = [];
  /** Number of sub-buffers that the producer closed, or a flush. */
  closed = 0;
  /** Index of the next sub-buffer to take, and the number of its packet. */
  taken = 0;
  packetSeq = 0;
  lastTimestamp = 0;

  record(count: number): void {
    for (let i = 0; i < count; i++) {
      this.clock += 1000;
      const open = this.#openForRecord();
      if (open === undefined) {
        this.discarded += 1;
        continue;
      }
      open.numbers.push(this.recorded);
      open.timestamps.push(this.clock);
      this.recorded += 1;
    }
  }

  /** Closes the open sub-buffer, if it has any records. */
  flush(): void {
    const open = this.subBufs[this.closed];
    if (open === undefined || open.numbers.length === 0) return;
    open.discarded = this.discarded;
    this.closed += 1;
  }

  #openForRecord(): SubBuf | undefined {
    const open = this.subBufs[this.closed];
    if (open !== undefined && open.numbers.length < RECORDS_PER_SUB_BUF) return open;
    if (this.closed + (open === undefined ? 0 : 1) - this.taken >= SUB_BUF_COUNT) return undefined;
    this.flush();
    const next = { numbers: [], timestamps: [], discarded: 0 };
    this.subBufs[this.closed] = next;
    return next;
  }
}

/** A consumer's view of such memory. */
export class FakeSource implements PacketSource {
  readonly shape: SourceShape = {
    subBufBytes: RECORDS_PER_SUB_BUF * RECORD_BYTES,
    subBufCount: SUB_BUF_COUNT,
    overwrites: false,
  };
  readonly memory = undefined;
  readonly #buffer: FakeBuffer;
  readonly #identity: RingIdentity;
  #newest: SourcePacket | undefined;

  constructor(buffer: FakeBuffer, identity: RingIdentity) {
    this.#buffer = buffer;
    this.#identity = identity;
  }

  get position(): SourcePosition {
    const { taken: seq, packetSeq, lastTimestamp } = this.#buffer;
    return { seq, bytes: 0, records: 0, packetSeq, lastTimestamp };
  }

  get waitingBytes(): number {
    return (this.#buffer.closed - this.#buffer.taken) * this.shape.subBufBytes;
  }

  get({ takeOpen }: { readonly takeOpen: boolean }): SourcePacket | null {
    const { taken, packetSeq, lastTimestamp } = this.#buffer;
    if (taken >= this.#buffer.closed && takeOpen) this.#buffer.flush();
    const subBuf = taken < this.#buffer.closed ? this.#buffer.subBufs[taken] : undefined;
    if (subBuf === undefined) return null;
    const { numbers, timestamps, discarded } = subBuf;
    const beginTimestamp = lastTimestamp === 0 ? (timestamps[0] as number) - 1 : lastTimestamp;
    const endTimestamp = timestamps.at(-1) as number;
    const after = { seq: taken + 1, bytes: 0, records: 0, packetSeq: packetSeq + 1, lastTimestamp: endTimestamp };
    const records = Buffer.alloc(numbers.length * RECORD_BYTES);
    for (const [idx, number] of numbers.entries()) {
      records.writeUInt32LE((timestamps[idx] as number) % 2 ** 32, idx * RECORD_BYTES + 2);
      records.writeUInt32LE(number, idx * RECORD_BYTES + 6);
    }
    const recordCount = numbers.length;
    const packet = { packetSeq, beginTimestamp, endTimestamp, eventsDiscarded: discarded, recordCount, records, after };
    this.#newest = packet;
    return packet;
  }

  release(packet: SourcePacket): void {
    assert(packet === this.#newest, 'only the newest packet is released');
    this.#store(packet.after);
  }

  encodeHeader(packet: SourcePacket): Uint8Array {
    const { traceUuid, streamClassId, streamInstanceId } = this.#identity;
    const header = Buffer.alloc(FAKE_HEADER_BYTES);
    const bits = BigInt(FAKE_HEADER_BYTES + packet.records.length) * 8n;
    header.writeUInt32LE(0xc1fc1fc1, 0);
    header.set(uuidBytes(traceUuid), 4);
    header.writeUInt32LE(streamClassId, 20);
    header.writeBigUInt64LE(BigInt(streamInstanceId), 24);
    header.writeBigUInt64LE(BigInt(packet.beginTimestamp), 32);
    header.writeBigUInt64LE(BigInt(packet.endTimestamp), 40);
    header.writeBigUInt64LE(bits, 48);
    header.writeBigUInt64LE(bits, 56);
    header.writeBigUInt64LE(BigInt(packet.packetSeq), 64);
    header.writeBigUInt64LE(BigInt(packet.eventsDiscarded), 72);
    header.writeUInt32LE(3, 80);
    return header;
  }

  moveTo(position: SourcePosition): void {
    if (position.packetSeq > this.#buffer.packetSeq) this.#store(position);
  }

  renumber(packetSeq: number): void {
    this.#buffer.packetSeq = Math.min(packetSeq, this.#buffer.packetSeq);
  }

  drop(): number {
    let records = 0;
    for (let packet = this.get({ takeOpen: true }); packet !== null; packet = this.get({ takeOpen: true })) {
      records += packet.recordCount;
      this.#store({ ...packet.after, packetSeq: packet.packetSeq });
    }
    return records;
  }

  counters(): SourceCounters {
    const { recorded, discarded } = this.#buffer;
    return { recorded, discarded, failed: 0, nested: 0 };
  }

  readUse(): void {}

  requestWake(): void {}

  close(): void {}

  #store({ seq, packetSeq, lastTimestamp }: SourcePosition): void {
    this.#buffer.taken = seq;
    this.#buffer.packetSeq = packetSeq;
    this.#buffer.lastTimestamp = lastTimestamp;
  }
}
