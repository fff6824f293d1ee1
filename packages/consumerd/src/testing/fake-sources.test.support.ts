import { assert } from '@ringtail/base';
import { CPU_BUFFERS } from '../source/kernel/cpu-buffers.ts';
import type { PacketSource, SourcePacket, SourcePosition, SourceShape } from '../source/packet-source.ts';
import { THREAD_RINGS } from '../source/ring/thread-rings.ts';
import type { SnapshotSource, SourceCopy } from '../source/snapshot-source.ts';
import type { CopiedPacket, SourceCounters, StreamIdentity } from '../source/source.ts';
import type { SourceKinds } from '../source/source-kind.ts';
import { type FakeBuffer, RECORDS_PER_SUB_BUF, SUB_BUF_COUNT } from './fake-buffer.test.support.ts';
import { encodeFakeHeader, FAKE_HEADER_BYTES, fakePacketOf } from './fake-packets.test.support.ts';
import { RECORD_BYTES } from './test-ring.test.support.ts';

/** Kinds of sources: a path of `buffers` opens its buffer, and any other path opens a ring of ours. */
export function fakeSourceKinds(buffers: ReadonlyMap<string, FakeBuffer>): SourceKinds {
  return {
    'thread-ring': {
      ownerOf: THREAD_RINGS.ownerOf,
      programOf: THREAD_RINGS.programOf,
      open: (description, identity, channel) => {
        const buffer = buffers.get(description.path);
        return buffer === undefined
          ? THREAD_RINGS.open(description, identity, channel)
          : new FakeSource(buffer, identity);
      },
      openForSnapshots: (description, identity, channel) => {
        const buffer = buffers.get(description.path);
        if (buffer === undefined) return THREAD_RINGS.openForSnapshots(description, identity, channel);
        return new FakeSnapshotSource(buffer, identity);
      },
    },
    'cpu-buffer': CPU_BUFFERS,
  };
}

/** A buffer as a consumer drains it. */
export class FakeSource implements PacketSource {
  readonly shape: SourceShape = {
    subBufBytes: RECORDS_PER_SUB_BUF * RECORD_BYTES,
    subBufCount: SUB_BUF_COUNT,
    overwrites: false,
  };
  readonly storesPosition = true;
  readonly memory = undefined;
  readonly #buffer: FakeBuffer;
  readonly #identity: StreamIdentity;
  #newest: SourcePacket | undefined;

  constructor(buffer: FakeBuffer, identity: StreamIdentity) {
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
    const copied = fakePacketOf(subBuf, packetSeq, lastTimestamp);
    const { endTimestamp } = copied;
    const after = { seq: taken + 1, bytes: 0, records: 0, packetSeq: packetSeq + 1, lastTimestamp: endTimestamp };
    const packet = { ...copied, after };
    this.#newest = packet;
    return packet;
  }

  release(packet: SourcePacket): void {
    assert(packet === this.#newest, 'only the newest packet is released');
    this.#store(packet.after);
  }

  encodeHeader(packet: CopiedPacket): Uint8Array {
    return encodeFakeHeader(this.#identity, packet);
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
    return countersOf(this.#buffer);
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

/** A buffer as a flight recorder copies it: each sub-buffer is borrowed until the next one. */
export class FakeSnapshotSource implements SnapshotSource {
  readonly #buffer: FakeBuffer;
  readonly #identity: StreamIdentity;

  constructor(buffer: FakeBuffer, identity: StreamIdentity) {
    this.#buffer = buffer;
    this.#identity = identity;
  }

  bytesWanted(): number {
    return this.#held.reduce((sum, seq) => sum + this.#packetBytes(seq), 0);
  }

  copy(bytesMax: number): SourceCopy {
    const buffer = this.#buffer;
    buffer.flush();
    const seqs = this.#held;
    let bytes = seqs.reduce((sum, seq) => sum + this.#packetBytes(seq), 0);
    while (seqs.length > 1 && bytes > bytesMax) bytes -= this.#packetBytes(seqs.shift() as number);
    let lastTimestamp = 0;
    let packetsLost = 0;
    return {
      get packetsLost() {
        return packetsLost;
      },
      next() {
        for (;;) {
          buffer.giveBack();
          const seq = seqs.shift();
          if (seq === undefined) return null;
          const subBuf = buffer.borrow(seq);
          if (subBuf === undefined) {
            packetsLost += 1;
            continue;
          }
          const packet = fakePacketOf(subBuf, seq, lastTimestamp);
          lastTimestamp = packet.endTimestamp;
          return packet;
        }
      },
      close: () => buffer.giveBack(),
    };
  }

  encodeHeader(packet: CopiedPacket): Uint8Array {
    return encodeFakeHeader(this.#identity, packet);
  }

  drop(): number {
    const buffer = this.#buffer;
    buffer.flush();
    const records = this.#held.reduce((sum, seq) => sum + (buffer.subBufs[seq]?.numbers.length ?? 0), 0);
    buffer.taken = buffer.closed;
    return records;
  }

  counters(): SourceCounters {
    return countersOf(this.#buffer);
  }

  close(): void {}

  /** Sub-buffers that are closed and not overwritten. */
  get #held(): number[] {
    const { taken, closed } = this.#buffer;
    return Array.from({ length: closed - taken }, (_, idx) => taken + idx);
  }

  #packetBytes(seq: number): number {
    return FAKE_HEADER_BYTES + (this.#buffer.subBufs[seq]?.numbers.length ?? 0) * RECORD_BYTES;
  }
}

function countersOf({ recorded, discarded }: FakeBuffer): SourceCounters {
  return { recorded, discarded, failed: 0, nested: 0 };
}
