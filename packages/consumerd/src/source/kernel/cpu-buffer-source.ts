import { assert } from '@ringtail/base';
import { type PacketFiller, PageWalker } from '@ringtail/kernel';
import type { PacketSource, SourcePacket, SourcePosition, SourceShape } from '../packet-source.ts';
import type { CopiedPacket, SourceChannel, SourceCounters, StreamIdentity } from '../source.ts';
import { SourceError } from '../source-error.ts';
import type { CpuBufferFile } from './cpu-buffer-file.ts';
import { encodeCpuHeader, PACKET_BYTES, packetFiller } from './cpu-packets.ts';
import { packetSpan } from './packet-times.ts';

/** A sub-buffer is full if less than this part of it is free: the writer leaves it when a record does not fit. */
const FREE_PART = 1 / 8;

export interface CpuBufferSourceOptions {
  readonly file: CpuBufferFile;
  readonly buffer: {
    readonly cpu: number;
    readonly subBufBytes: number;
    readonly bytes: number;
    readonly overwrites: boolean;
  };
  readonly identity: StreamIdentity;
  readonly channel: SourceChannel;
}

/**
 * The kernel's buffer of one CPU as a source of packets.
 *
 * Reading takes a sub-buffer out of the kernel, so its records wait here until their packet is released, and the kernel
 * counts events without room meanwhile. Packets are filled over several reads, since most reads find little. After a
 * read of a sub-buffer that is not full the kernel has no more: a reader that went on would find its own events.
 *
 * Nothing in the kernel tells where a former consumer stopped. The number of records that it read does: records that
 * it read and did not write are gone with it, and count as discarded.
 */
export class CpuBufferSource implements PacketSource {
  readonly shape: SourceShape;
  readonly storesPosition = false;
  readonly memory = undefined;
  readonly #file: CpuBufferFile;
  readonly #cpu: number;
  readonly #identity: StreamIdentity;
  readonly #walker = new PageWalker();
  readonly #filler: PacketFiller;
  readonly #page: Uint32Array;
  readonly #pageBytes: Uint8Array;
  /** Whether a part of the page belongs to the next packet. */
  #hasPage = false;
  /** Whether a packet ended with the content of the kernel: the next `get` answers that there is no more. */
  #isExhausted = false;
  #position: SourcePosition;
  /** Records that consumers took and that no packet of this one has: of former ones, and dropped ones. */
  #recordsBefore: number;
  /** Records that former consumers took and did not write. */
  #lostByFormer = 0;
  /** Events that were overwritten before the pages so far. */
  #overwritten = 0;
  #newest: SourcePacket | undefined;

  /** @throws {SourceError} if the buffer cannot be read */
  constructor({ file, buffer, identity, channel }: CpuBufferSourceOptions) {
    const { cpu, subBufBytes, bytes, overwrites } = buffer;
    this.shape = { subBufBytes: PACKET_BYTES, subBufCount: Math.ceil((2 * bytes) / PACKET_BYTES), overwrites };
    this.#file = file;
    this.#cpu = cpu;
    this.#identity = identity;
    this.#page = new Uint32Array(Math.ceil(subBufBytes / 4));
    this.#pageBytes = new Uint8Array(this.#page.buffer);
    this.#filler = packetFiller(channel);
    this.#recordsBefore = file.stats().read;
    this.#position = { packetSeq: 0, lastTimestamp: 0, seq: 0, bytes: 0, records: this.#recordsBefore };
  }

  get position(): SourcePosition {
    return this.#position;
  }

  get waitingBytes(): number {
    return this.#filler.endBytes;
  }

  get({ takeOpen }: { readonly takeOpen: boolean }): SourcePacket | null {
    const wasExhausted = this.#isExhausted;
    this.#isExhausted = false;
    if (wasExhausted && takeOpen && this.#filler.recordCount === 0) return null;
    const isFull = this.#fill(takeOpen);
    if (this.#filler.recordCount === 0 || !(isFull || takeOpen)) return null;
    this.#isExhausted = !isFull;
    this.#newest = this.#packet();
    return this.#newest;
  }

  release(packet: SourcePacket): void {
    assert(packet === this.#newest, 'only the newest packet is released');
    this.#position = packet.after;
    this.#filler.clear();
  }

  encodeHeader(packet: CopiedPacket): Uint8Array {
    return encodeCpuHeader(this.#identity, this.#cpu, packet);
  }

  moveTo(position: SourcePosition): void {
    const { records } = this.#position;
    if (position.records > records) {
      throw new SourceError('UNEXPECTED', `the buffer gave ${records} records, not ${position.records}`);
    }
    this.#lostByFormer += records - position.records;
    this.#position = { ...position, records };
  }

  renumber(packetSeq: number): void {
    this.#position = { ...this.#position, packetSeq: Math.min(packetSeq, this.#position.packetSeq) };
  }

  drop(): number {
    const waiting = this.#filler.recordCount;
    this.#filler.clear();
    let skipped = this.#hasPage ? this.#skipPage() : 0;
    // New events may come all the time: only those of this moment are dropped.
    const { entries } = this.#file.stats();
    for (let taken = 0; taken < entries && this.#readPage(); ) {
      const records = this.#skipPage();
      taken += records;
      skipped += records;
    }
    this.#recordsBefore += skipped;
    this.#position = { ...this.#position, records: this.#records };
    return waiting + skipped;
  }

  counters(): SourceCounters {
    const { entries, read } = this.#file.stats();
    return { recorded: entries + read, discarded: this.#discarded(), failed: this.#filler.failed, nested: 0 };
  }

  readUse(): void {}

  /** The kernel wakes nobody: the consumer reads on a timer. */
  requestWake(): void {}

  close(): void {
    this.#file.close();
  }

  /** Records that consumers took from the kernel. */
  get #records(): number {
    return this.#recordsBefore + this.#filler.taken;
  }

  /**
   * Fills the packet from the kernel.
   *
   * @param takesAll whether to read everything that is there now, in place of stopping at a sub-buffer with room left
   * @returns whether the packet is full, and the kernel may have more
   */
  #fill(takesAll: boolean): boolean {
    let wanted = takesAll ? this.#file.stats().entries : Number.POSITIVE_INFINITY;
    for (;;) {
      if (this.#hasPage) {
        const before = this.#filler.taken;
        this.#hasPage = !this.#filler.fill(this.#walker, this.#page, this.#pageBytes);
        wanted -= this.#filler.taken - before;
        if (this.#hasPage) return true;
        this.#checkPage();
        const freeBytes = this.#pageBytes.length - this.#walker.dataBytes;
        if (!takesAll && freeBytes > FREE_PART * this.#pageBytes.length) return false;
      }
      if (wanted <= 0 || !this.#readPage()) return false;
    }
  }

  /** @returns whether there was a page */
  #readPage(): boolean {
    const bytes = this.#file.read(this.#pageBytes);
    if (bytes === 0) return false;
    this.#walker.load(this.#page, bytes);
    const { lost } = this.#walker;
    // Without room for the number in the page, the counter of the kernel has it, perhaps with events lost later.
    if (lost === undefined) this.#overwritten = Math.max(this.#overwritten, this.#file.stats().overrun);
    else this.#overwritten += lost;
    this.#hasPage = true;
    return true;
  }

  /** Drops the rest of the page, and returns the number of its records. */
  #skipPage(): number {
    const records = this.#filler.skip(this.#walker);
    this.#hasPage = false;
    this.#checkPage();
    return records;
  }

  /** @throws {SourceError} `CORRUPT` if the end of the page could not be read */
  #checkPage(): void {
    const { damage } = this.#walker;
    if (damage !== undefined) throw new SourceError('CORRUPT', `a page of the kernel is damaged: ${damage}`);
  }

  #packet(): SourcePacket {
    const { firstLow, firstHigh, lastLow, lastHigh, recordCount, records } = this.#filler;
    const { packetSeq, lastTimestamp } = this.#position;
    const first = { low: firstLow, high: firstHigh };
    const { begin, end } = packetSpan(first, { low: lastLow, high: lastHigh }, lastTimestamp);
    // Pages of a buffer that does not overwrite do not tell their losses.
    const eventsDiscarded = this.shape.overwrites ? this.#overwritten + this.#lostByFormer : this.#discarded();
    const after = { packetSeq: packetSeq + 1, lastTimestamp: end, seq: 0, bytes: 0, records: this.#records };
    return { packetSeq, beginTimestamp: begin, endTimestamp: end, eventsDiscarded, recordCount, records, after };
  }

  #discarded(): number {
    const { overrun, commitOverrun, dropped } = this.#file.stats();
    return overrun + commitOverrun + dropped + this.#lostByFormer;
  }
}
