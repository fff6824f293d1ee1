import { assert } from '@ringtail/base';
import { RingError } from '../ring-error.ts';
import type { RingHeader } from '../ring-header.ts';
import type { HeldSubBuf, PacketContent, RingCounters } from './packet-content.ts';
import { packetSpan } from './packet-span.ts';
import { type RingExpectation, RingReader } from './ring-reader.ts';
import type { RingStorage } from './ring-storage.ts';
import { type ConsumerPosition, corrupt, type ProducerWords } from './ring-words.ts';
import { beginOf, readClosedSubBuf, readOpenSubBuf, type SubBufWords } from './sub-buf-words.ts';

/** More than enough: after each torn copy the distance to the producer doubles. */
const ATTEMPT_COUNT_MAX = 32;

/**
 * Reading end of a ring. It maps nothing and trusts nothing: every word is bounded before it is used, and each call
 * ends after a bounded number of reads whatever the producer does.
 *
 * `next` gives records, `release` reports that they are safe. Until then `next` gives the same position again, possibly
 * with more records, so a packet that could not be written is simply taken again.
 *
 * Methods throw `RingError`: `TRUNCATED`, `CORRUPT`, `IO`. The ring is then of no more use.
 */
export class RingConsumer {
  readonly header: RingHeader;
  readonly #reader: RingReader;
  #position: ConsumerPosition;
  #wakeRequested: boolean;
  /** Packets lost since the last one that was released. */
  #packetsLost = 0;
  #openSeqSeen = 0;
  /** The open sub-buffer and its committed bytes when it was last read. */
  #openSeen = { seq: 0, committed: 0 };
  /** Clock value: older sub-buffers are given back when they are released; undefined: none. */
  #reclaimUntil: number | undefined;
  #reclaimedBytes = 0;
  #discardedReleased = 0;
  #taken: PacketContent | null = null;

  /** @throws {RingError} `NOT_A_RING`, `WRONG_ABI`, `UNEXPECTED`, `TRUNCATED`, `CORRUPT`, `IO` */
  constructor(storage: RingStorage, expected: RingExpectation = {}) {
    this.#reader = new RingReader(storage, expected);
    this.header = this.#reader.header;
    const { position, wakeRequested } = this.#reader.consumerLine();
    this.#position = position;
    this.#wakeRequested = wakeRequested;
  }

  /** Position of the next packet. */
  get position(): ConsumerPosition {
    return this.#position;
  }

  /**
   * The next records, or null if there are none now.
   *
   * @param options `takeOpen`: takes the committed part of the open sub-buffer as well
   */
  next(options: { readonly takeOpen: boolean }): PacketContent | null {
    this.#taken = null;
    let margin = 0;
    for (let attempt = 0; attempt < ATTEMPT_COUNT_MAX; attempt++) {
      const line = this.#readProducerLine();
      this.#skipOverwritten(line.openSeq, margin);
      const { seq, bytes } = this.#position;
      if (seq > line.openSeq) return null;
      const isOpen = seq === line.openSeq;
      if (isOpen && !options.takeOpen) return null;

      const found = isOpen ? this.#readOpen(line) : readClosedSubBuf(this.#reader, this.#position);
      if (found === 'again') continue;
      if (found === null) return null;
      const copied = found === 'torn' ? null : this.#copy(found.words.committed);
      if (found === 'torn' || copied === null) {
        this.#loseUntil(seq + 1);
        margin = Math.max(1, margin * 2);
        continue;
      }
      if (found.words.committed > bytes) return this.#take(found, copied, isOpen);
      if (isOpen) return null;
      this.#store({ ...this.#position, seq: seq + 1, bytes: 0, records: 0 });
    }
    return null;
  }

  /** Says that the records of `taken`, the newest answer of `next`, are safe: the producer may reuse their memory. */
  release(taken: PacketContent): void {
    assert(this.#taken === taken, 'only the newest records taken are released, and once');
    this.#store(taken.after);
    this.#packetsLost = 0;
    this.#discardedReleased = taken.eventsDiscardedAtEnd;
    this.#taken = null;
  }

  /**
   * Moves on to the position of a former consumer after its last packet in the trace file (`PacketContent.after`), in
   * case it died before it could release that packet.
   *
   * @returns whether it had to move
   * @throws {RingError} `UNEXPECTED` if no packet of this ring can end there
   */
  resumeAt(position: ConsumerPosition): boolean {
    const { packetSeq, seq, bytes } = this.#position;
    if (position.packetSeq <= packetSeq) return false;
    const isForward = position.seq > seq || (position.seq === seq && position.bytes >= bytes);
    const isThere =
      position.seq <= Math.max(seq, this.#readProducerLine().openSeq) && position.bytes <= this.header.subBufBytes;
    if (!isForward || !isThere) {
      const place = (where: ConsumerPosition) =>
        `packet ${where.packetSeq}, sub-buffer ${where.seq}, byte ${where.bytes}`;
      const sentence = `cannot resume at ${place(position)}: the ring is at ${place(this.#position)}`;
      throw new RingError('UNEXPECTED', sentence);
    }
    this.#store(position);
    return true;
  }

  /**
   * Drops everything that is committed now. Packet numbers go on as if it had never been there.
   *
   * @returns the number of these records
   */
  drop(): number {
    const { packetSeq } = this.#position;
    let records = 0;
    // A producer that goes on is not run after.
    for (let count = 0; count < this.header.subBufCount + 2; count++) {
      const taken = this.next({ takeOpen: true });
      if (taken === null) break;
      records += Math.min(taken.recordCount, taken.bytes.length);
      this.#store({ ...taken.after, packetSeq });
      this.#discardedReleased = taken.eventsDiscardedAtEnd;
    }
    if (this.#position.packetSeq !== packetSeq) this.#store({ ...this.#position, packetSeq });
    this.#packetsLost = 0;
    this.#taken = null;
    return records;
  }

  /** Uses packet numbers again from `packetSeq` on: the packets that had them were removed. */
  renumber(packetSeq: number): void {
    if (packetSeq >= this.#position.packetSeq) return;
    this.#taken = null;
    this.#store({ ...this.#position, packetSeq });
  }

  /**
   * Bytes in use and not taken as of the last read: all bytes of a closed sub-buffer, the committed bytes of the open
   * one. A read that does not take the open sub-buffer does not see bytes that were committed there since.
   */
  get waitingBytes(): number {
    const { subBufBytes, subBufCount } = this.header;
    const { seq, bytes } = this.#position;
    const openBytes = this.#openSeen.seq === this.#openSeqSeen ? this.#openSeen.committed : 0;
    const waiting = (this.#openSeqSeen - seq) * subBufBytes + openBytes - bytes;
    return Math.min(Math.max(0, waiting), subBufCount * subBufBytes);
  }

  /** Reads how much of the ring is in use, for `waitingBytes`. */
  readUse(): void {
    const { openSeq } = this.#readProducerLine();
    const { seq, committed } = this.#reader.descriptor(openSeq);
    // Otherwise the producer has gone on, and only closed sub-buffers count.
    if (seq === openSeq) this.#openSeen = { seq, committed: Math.min(committed, this.header.subBufBytes) };
  }

  /** Whether the memory of sub-buffers can be given back: see `reclaimReleased`. */
  get isReclaimable(): boolean {
    return this.#reader.isReclaimable;
  }

  /**
   * From now on the memory of each sub-buffer is given back to the system just before it is released, while it is still
   * the consumer's: in discard mode the producer cannot open its slot yet. At no other time is that certain, and never
   * in overwrite mode.
   *
   * @param until clock value: only sub-buffers whose newest record is not newer
   * @returns false where it cannot be done
   */
  reclaimReleased(until = Number.POSITIVE_INFINITY): boolean {
    if (!this.isReclaimable) return false;
    this.#reclaimUntil = until;
    return true;
  }

  /** Undoes `reclaimReleased`. */
  keepReleased(): void {
    this.#reclaimUntil = undefined;
  }

  /** Memory given back so far. */
  get reclaimedBytes(): number {
    return this.#reclaimedBytes;
  }

  /**
   * Passes over everything before sub-buffer `seq`. The numbers of those packets are left out, and count as not lost.
   */
  skipTo(seq: number): void {
    const { seq: from, packetSeq } = this.#position;
    if (seq <= from) return;
    this.#taken = null;
    this.#store({ seq, bytes: 0, records: 0, packetSeq: packetSeq + seq - from, lastTimestamp: 0 });
  }

  /**
   * Sub-buffers that `next` would find if the producer stood still, oldest first. The open sub-buffer is the last, even
   * if it is empty. Damage that `next` would find is not reported here.
   */
  held(): HeldSubBuf[] {
    let openSeqBefore = 0;
    for (let attempt = 0; attempt < ATTEMPT_COUNT_MAX; attempt++) {
      const { openSeq } = this.#readProducerLine();
      if (openSeq < this.#position.seq) return [];
      if (openSeq === openSeqBefore) throw corrupt(`sub-buffer ${openSeq} is open and has no descriptor`);
      openSeqBefore = openSeq;
      const held = this.#heldUntil(openSeq);
      // Otherwise the producer has gone round the whole ring since.
      if (held.at(-1)?.seq === openSeq) return held;
    }
    return [];
  }

  /** Counters of the producer; also of a ring whose other words make no sense any more. */
  counters(): RingCounters {
    const { recorded, discardedFull, discardedBig, failed, nested } = this.#reader.producerLine();
    return { recorded, discardedFull, discardedBig, failed, nested };
  }

  /**
   * Asks the producer to write to the wake FIFO when it closes a sub-buffer, or stops that. Take sub-buffers once more
   * after asking and before sleeping: one may have been closed in between.
   */
  requestWake(on: boolean): void {
    if (on === this.#wakeRequested) return;
    this.#wakeRequested = on;
    this.#store(this.#position);
  }

  #heldUntil(openSeq: number): HeldSubBuf[] {
    const { subBufCount, subBufBytes } = this.header;
    const { seq: from, bytes: takenBytes } = this.#position;
    const descriptors = this.#reader.descriptors();
    const held: HeldSubBuf[] = [];
    for (let seq = Math.max(from, openSeq - subBufCount + 1); seq <= openSeq; seq++) {
      const words = descriptors[seq % subBufCount];
      // The producer has taken its place meanwhile, or is about to: `next` will see that.
      if (words?.seq !== seq) continue;
      const committed = Math.min(words.committed, subBufBytes);
      held.push({ seq, bytes: Math.max(0, committed - (seq === from ? takenBytes : 0)) });
    }
    return held;
  }

  #readOpen(line: ProducerWords): SubBufWords | 'again' | null {
    const found = readOpenSubBuf(this.#reader, line, this.#position.bytes, () => this.#readProducerLine().openSeq);
    if (found !== null && found !== 'again') {
      this.#openSeen = { seq: line.openSeq, committed: found.words.committed };
    }
    return found;
  }

  /** Copies the records that were not taken; null if the producer has overwritten them meanwhile. */
  #copy(committed: number): Buffer | null {
    const { seq, bytes } = this.#position;
    const copied = this.#reader.records(seq, bytes, committed);
    if (this.#reader.overwrites && this.#reader.descriptor(seq).seq !== seq) return null;
    return copied;
  }

  #take({ words, discarded, endTimestamp, nextTimestamp }: SubBufWords, bytes: Buffer, isOpen: boolean): PacketContent {
    const position = this.#position;
    const begin = position.bytes === 0 ? beginOf(words) : 0;
    const span = packetSpan(position.lastTimestamp, begin, endTimestamp, nextTimestamp);
    this.#taken = {
      seq: position.seq,
      begin: position.bytes,
      bytes,
      ...span,
      recordCount: Math.max(0, words.recordCount - position.records),
      eventsDiscardedAtEnd: Math.max(this.#discardedReleased, discarded),
      discardedAtOpen: words.discardedAtOpen,
      packetsLost: this.#packetsLost,
      packetSeq: position.packetSeq,
      after: {
        seq: isOpen ? position.seq : position.seq + 1,
        bytes: isOpen ? words.committed : 0,
        records: isOpen ? words.recordCount : 0,
        packetSeq: position.packetSeq + 1,
        lastTimestamp: span.endTimestamp,
      },
    };
    return this.#taken;
  }

  /** In overwrite mode goes to the oldest sub-buffer that may still be there, and `margin` further. */
  #skipOverwritten(openSeq: number, margin: number): void {
    if (!this.#reader.overwrites) return;
    const oldest = openSeq - this.header.subBufCount + 1;
    if (this.#position.seq < oldest) this.#loseUntil(Math.min(openSeq, oldest + margin));
  }

  /** Gives up everything before sub-buffer `seq`. */
  #loseUntil(seq: number): void {
    const lost = seq - this.#position.seq;
    const packetSeq = this.#position.packetSeq + lost;
    this.#store({ ...this.#position, seq, bytes: 0, records: 0, packetSeq });
    this.#packetsLost += lost;
  }

  /** Stores the position, for the producer and for the next consumer. It counts only once it is stored. */
  #store(position: ConsumerPosition): void {
    if (this.#reclaimUntil !== undefined) this.#giveBack(position.seq, this.#reclaimUntil);
    this.#reader.writeConsumerLine(position, this.#wakeRequested);
    this.#position = position;
  }

  /** Sub-buffers before `seq` are closed, and the producer waits for them to be released. */
  #giveBack(seq: number, until: number): void {
    for (let closed = this.#position.seq; closed < seq; closed++) {
      if (until < Number.POSITIVE_INFINITY && !(this.#reader.descriptor(closed).lastTimestamp <= until)) continue;
      this.#reclaimedBytes += this.#reader.giveBack(closed);
    }
  }

  #readProducerLine(): ProducerWords {
    const line = this.#reader.producerLine();
    const { seq } = this.#position;
    const { subBufCount } = this.header;
    if (line.openSeq < this.#openSeqSeen) throw corrupt(`OPEN_SEQ is ${line.openSeq}, it was ${this.#openSeqSeen}`);
    if (line.openSeq < seq && seq > 1) throw corrupt(`OPEN_SEQ is ${line.openSeq}, the consumer is at ${seq}`);
    if (!this.#reader.overwrites && line.openSeq - seq >= subBufCount) {
      const reason = `the consumer is at ${seq} and there are ${subBufCount} sub-buffers`;
      throw corrupt(`OPEN_SEQ is ${line.openSeq}, but ${reason}`);
    }
    this.#openSeqSeen = line.openSeq;
    return line;
  }
}
