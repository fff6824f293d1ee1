import { PACKET_HEADER_BYTES_MAX } from '@ringtail/ctf';
import { type PacketFiller, PageWalker } from '@ringtail/kernel';
import type { SnapshotSource, SourceCopy } from '../snapshot-source.ts';
import type { CopiedPacket, SourceChannel, SourceCounters, StreamIdentity } from '../source.ts';
import { SourceError } from '../source-error.ts';
import type { CpuBufferMemory } from './cpu-buffer-file.ts';
import { encodeCpuHeader, PACKET_BYTES, packetFiller } from './cpu-packets.ts';
import type { MappedBuffer, MappedSubBuffer } from './mapped-buffer.ts';
import { packetSpan } from './packet-times.ts';

export interface CpuBufferSnapshotsOptions {
  readonly file: CpuBufferMemory;
  readonly buffer: { readonly cpu: number };
  readonly identity: StreamIdentity;
  readonly channel: SourceChannel;
}

/**
 * The kernel's buffer of one CPU as a source of snapshots. The buffer overwrites, and nobody reads it: a snapshot maps
 * it and copies one sub-buffer after the other, while the kernel goes on recording. Before and after a snapshot the
 * buffer is not mapped, since the kernel removes no instance with a mapping.
 */
export class CpuBufferSnapshots implements SnapshotSource {
  readonly #file: CpuBufferMemory;
  readonly #cpu: number;
  readonly #identity: StreamIdentity;
  readonly #channel: SourceChannel;
  /** Counts before the kernel's counters were set to 0. */
  #before = { recorded: 0, discarded: 0 };

  /** @throws {SourceError} if the kernel does not map the buffer */
  constructor({ file, buffer, identity, channel }: CpuBufferSnapshotsOptions) {
    this.#file = file;
    this.#cpu = buffer.cpu;
    this.#identity = identity;
    this.#channel = channel;
    file.map().close();
  }

  bytesWanted(): number {
    const { bytes, entries } = this.#file.stats();
    if (entries === 0) return 0;
    const packets = Math.ceil((bytes + entries * this.#contextBytes) / PACKET_BYTES) + 1;
    return bytes + entries * this.#contextBytes + packets * PACKET_HEADER_BYTES_MAX;
  }

  copy(bytesMax: number): SourceCopy {
    const discardedBefore = this.counters().discarded;
    return new CpuBufferCopy({
      buffer: this.#file.map(),
      channel: this.#channel,
      bytesMax,
      discarded: () => this.counters().discarded - discardedBefore,
    });
  }

  encodeHeader(packet: CopiedPacket): Uint8Array {
    return encodeCpuHeader(this.#identity, this.#cpu, packet);
  }

  drop(): number {
    const dropped = this.#file.stats().entries;
    const { recorded, discarded } = this.counters();
    this.#file.clear();
    this.#before = { recorded, discarded };
    return dropped;
  }

  counters(): SourceCounters {
    const { entries, overrun, read, commitOverrun, dropped } = this.#file.stats();
    const recorded = this.#before.recorded + entries + overrun + read;
    return { recorded, discarded: this.#before.discarded + commitOverrun + dropped, failed: 0, nested: 0 };
  }

  close(): void {
    this.#file.close();
  }

  get #contextBytes(): number {
    return 4 * this.#channel.contexts.length;
  }
}

interface CpuBufferCopyOptions {
  readonly buffer: MappedBuffer;
  readonly channel: SourceChannel;
  readonly bytesMax: number;
  /** Events that the kernel discarded since the copy began. */
  readonly discarded: () => number;
}

/** A copy of the sub-buffers of one moment. */
class CpuBufferCopy implements SourceCopy {
  packetsLost = 0;
  readonly #buffer: MappedBuffer;
  readonly #discarded: () => number;
  readonly #filler: PacketFiller;
  readonly #walker = new PageWalker();
  readonly #page: Uint32Array;
  readonly #pageBytes: Uint8Array;
  readonly #subBuffers: MappedSubBuffer[];
  /** Whether a part of the page belongs to the next packet. */
  #hasPage = false;
  /** Whether sub-buffers were overwritten before the page. */
  #isGap = false;
  #lostBefore = 0;
  #packetCount = 0;
  #lastTimestamp = 0;

  constructor({ buffer, channel, bytesMax, discarded }: CpuBufferCopyOptions) {
    this.#buffer = buffer;
    this.#discarded = discarded;
    this.#filler = packetFiller(channel);
    this.#page = new Uint32Array(buffer.subBufBytes / 4);
    this.#pageBytes = new Uint8Array(this.#page.buffer);
    this.#subBuffers = this.#newest(buffer.subBuffers(), bytesMax);
  }

  next(): CopiedPacket | null {
    const filler = this.#filler;
    filler.clear();
    while (this.#hasPage || this.#loadNext()) {
      // A gap lies between packets, whose numbers tell readers of it.
      if (this.#isGap && filler.recordCount > 0) break;
      this.#isGap = false;
      this.#lostBefore = this.packetsLost;
      this.#hasPage = !filler.fill(this.#walker, this.#page, this.#pageBytes);
      if (this.#hasPage) break;
      const { damage } = this.#walker;
      if (damage !== undefined) throw new SourceError('CORRUPT', `a page of the kernel is damaged: ${damage}`);
    }
    return filler.recordCount === 0 ? null : this.#packet();
  }

  close(): void {
    this.#buffer.close();
  }

  /** Loads the oldest sub-buffer that is left. @returns false if there is none */
  #loadNext(): boolean {
    for (;;) {
      const subBuffer = this.#subBuffers.shift();
      if (subBuffer === undefined) return false;
      if (this.#load(subBuffer)) {
        this.#hasPage = true;
        return true;
      }
      this.packetsLost += 1;
      this.#isGap = true;
    }
  }

  #load(subBuffer: MappedSubBuffer): boolean {
    if (!this.#buffer.copy(subBuffer, this.#page)) return false;
    this.#walker.load(this.#page, this.#pageBytes.length);
    return true;
  }

  #packet(): CopiedPacket {
    const { firstLow, firstHigh, lastLow, lastHigh, recordCount, records } = this.#filler;
    const first = { low: firstLow, high: firstHigh };
    const { begin, end } = packetSpan(first, { low: lastLow, high: lastHigh }, this.#lastTimestamp);
    this.#lastTimestamp = end;
    const packetSeq = this.#lostBefore + this.#packetCount;
    this.#packetCount += 1;
    const eventsDiscarded = this.#discarded();
    return { packetSeq, beginTimestamp: begin, endTimestamp: end, eventsDiscarded, recordCount, records };
  }

  /** The newest sub-buffers whose records have at most this size, and the newest one in any case. */
  #newest(subBuffers: MappedSubBuffer[], bytesMax: number): MappedSubBuffer[] {
    if (bytesMax === Number.POSITIVE_INFINITY) return subBuffers;
    const filler = this.#filler;
    let bytes = 0;
    for (let from = subBuffers.length - 1; from >= 0; from--) {
      if (!this.#load(subBuffers[from] as MappedSubBuffer)) continue;
      let isWhole = false;
      while (!isWhole) {
        filler.clear();
        isWhole = filler.fill(this.#walker, this.#page, this.#pageBytes);
        bytes += filler.endBytes + PACKET_HEADER_BYTES_MAX;
      }
      if (bytes > bytesMax && from < subBuffers.length - 1) return subBuffers.slice(from + 1);
    }
    return subBuffers;
  }
}
