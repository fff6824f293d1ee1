import { assert } from '@ringtail/base';
import {
  CONSUMER_LINE_BYTES,
  ConsumerLine,
  DESCRIPTOR_BYTES,
  DESCRIPTORS_OFFSET,
  headerBytesFor,
  RingMode,
} from '../abi.ts';
import { RingError } from '../ring-error.ts';
import { HEADER_WORDS_BYTES, parseHeader, type RingHeader } from '../ring-header.ts';
import { type PacketSpan, packetSpan } from './packet-span.ts';
import type { RingMedium } from './ring-medium.ts';
import {
  type ConsumerPosition,
  checkDescriptor,
  corrupt,
  type DescriptorWords,
  encodePosition,
  isConsistent,
  isWakeRequested,
  PRODUCER_LINE_BYTES,
  PRODUCER_LINE_POSITION,
  type ProducerWords,
  parseDescriptor,
  parsePosition,
  parseProducerLine,
} from './ring-words.ts';

/** What a ring was announced as; what is absent is not compared. */
export interface RingExpectation {
  readonly streamClassId?: number;
  readonly uuid?: Uint8Array;
}

/** Whole records of one sub-buffer: what goes into one packet. */
export interface Taken extends PacketSpan {
  /** Sequence number of the sub-buffer. */
  readonly seq: number;
  /** Byte offset in the sub-buffer of the first record. */
  readonly begin: number;
  /** The records, never empty. A view that the next call of `next`, of this ring or of any other, overwrites. */
  readonly bytes: Buffer;
  /** Records in `bytes`. While the producer is writing, one may be counted a packet too early. */
  readonly recordCount: number;
  /** Events discarded since the ring was made, up to the end of these records. */
  readonly discardedSnapshot: number;
  /** The same, up to when the sub-buffer was opened. */
  readonly discardedAtOpen: number;
  /** Sub-buffers that were overwritten, in part or whole, between the packet before and this one. */
  readonly packetsLost: number;
  /** Sequence number of the packet: lost packets are left out. */
  readonly packetSeq: number;
  /** Where the consumer stands once this is released: what a consumer after a crash resumes at. */
  readonly after: ConsumerPosition;
}

/** A sub-buffer that has records which were not taken. */
export interface HeldSubBuf {
  readonly seq: number;
  /** Of those records. */
  readonly bytes: number;
}

export interface RingCounters {
  readonly recorded: number;
  readonly discardedFull: number;
  readonly discardedBig: number;
  readonly failed: number;
  readonly nested: number;
}

/** One reading of a sub-buffer. */
interface Snapshot {
  readonly words: DescriptorWords;
  /** Events discarded until then. */
  readonly discarded: number;
  /** Clock value at its end. */
  readonly endTimestamp: number;
  /** Clock value of the first record behind it, if there is one yet. */
  readonly nextTimestamp?: number;
}

/** A busy producer commits between any two reads; but hardly ever within that many single ones. */
const OPEN_READ_COUNT_MAX = 32;
/** More than enough: after each torn copy the distance to the producer doubles. */
const ATTEMPT_COUNT_MAX = 32;
const RECORD_BUFFER_BYTES_MIN = 64 * 1024;

/**
 * The reading end of a ring. It maps nothing and trusts nothing: every word is bounded before it is used, and each call
 * ends after a bounded number of reads whatever the producer does.
 *
 * `next` gives records, `release` says that they are safe. Until then `next` gives the same position again (possibly with
 * more records), so a packet that could not be written is simply taken again.
 *
 * Methods throw `RingError`: `TRUNCATED`, `CORRUPT`, `IO`. The ring is then of no more use.
 */
export class RingConsumer {
  readonly header: RingHeader;
  readonly #medium: RingMedium;
  readonly #headerBytes: number;
  readonly #overwrites: boolean;
  #position: ConsumerPosition;
  #wakeRequested: boolean;
  /** Packets lost since the last one that was released. */
  #packetsLost = 0;
  #openSeqSeen = 0;
  /** The open sub-buffer and what was committed in it, when it was last looked at. */
  #openSeen = { seq: 0, committed: 0 };
  /** Clock value: older sub-buffers are given back when they are released; undefined: none. */
  #reclaimUntil: number | undefined;
  #reclaimedBytes = 0;
  #discardedReleased = 0;
  #taken: Taken | null = null;

  /** @throws {RingError} `NOT_A_RING`, `WRONG_ABI`, `UNEXPECTED`, `TRUNCATED`, `CORRUPT`, `IO` */
  constructor(medium: RingMedium, expected: RingExpectation = {}) {
    this.#medium = medium;
    if (medium.bytes < DESCRIPTORS_OFFSET) {
      throw new RingError('TRUNCATED', `ring file has ${medium.bytes} bytes, not even a header`);
    }
    this.header = parseHeader(this.#read(0, HEADER_WORDS_BYTES), medium.bytes);
    checkExpectation(this.header, expected);
    this.#headerBytes = headerBytesFor(this.header.subBufCount);
    this.#overwrites = this.header.mode === RingMode.OVERWRITE;
    const line = this.#read(ConsumerLine.CONSUMED_SEQ, CONSUMER_LINE_BYTES);
    this.#position = parsePosition(line, this.header.subBufBytes);
    this.#wakeRequested = isWakeRequested(line);
  }

  /** Where the next packet comes from. */
  get position(): ConsumerPosition {
    return this.#position;
  }

  /**
   * The next records, or null if there are none now.
   *
   * @param options `takeOpen`: also the committed part of the open sub-buffer
   */
  next(options: { readonly takeOpen: boolean }): Taken | null {
    this.#taken = null;
    let margin = 0;
    for (let attempt = 0; attempt < ATTEMPT_COUNT_MAX; attempt++) {
      const line = this.#readProducerLine();
      this.#skipOverwritten(line.openSeq, margin);
      const { seq, bytes } = this.#position;
      if (seq > line.openSeq) return null;
      const isOpen = seq === line.openSeq;
      if (isOpen && !options.takeOpen) return null;

      const snapshot = isOpen ? this.#snapshotOpen(line) : this.#snapshotClosed();
      if (snapshot === 'again') continue;
      if (snapshot === null) return null;
      const copied = snapshot === 'torn' ? null : this.#copy(snapshot.words);
      if (snapshot === 'torn' || copied === null) {
        this.#loseUntil(seq + 1);
        margin = Math.max(1, margin * 2);
        continue;
      }
      if (snapshot.words.committed > bytes) return this.#take(snapshot, copied, isOpen);
      if (isOpen) return null;
      this.#store({ ...this.#position, seq: seq + 1, bytes: 0, records: 0 });
    }
    return null;
  }

  /** Says that the records of `taken`, the newest answer of `next`, are safe: the producer may have their memory. */
  release(taken: Taken): void {
    assert(this.#taken === taken, 'only the newest records taken are released, and once');
    this.#store(taken.after);
    this.#packetsLost = 0;
    this.#discardedReleased = taken.discardedSnapshot;
    this.#taken = null;
  }

  /**
   * Moves on to where a former consumer stood after its last packet in the trace file (`Taken.after`), in case it died
   * before it could release that packet.
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
      const what = `cannot resume at ${place(position)}: the ring is at ${place(this.#position)}`;
      throw new RingError('UNEXPECTED', what);
    }
    this.#store(position);
    return true;
  }

  /**
   * Drops what is committed now. Numbers of packets go on as if it had never been there.
   *
   * @returns how many records that were
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
      this.#discardedReleased = taken.discardedSnapshot;
    }
    if (this.#position.packetSeq !== packetSeq) this.#store({ ...this.#position, packetSeq });
    this.#packetsLost = 0;
    this.#taken = null;
    return records;
  }

  /** Gives numbers of packets again that nobody has seen: those of packets that were removed. */
  renumber(packetSeq: number): void {
    if (packetSeq >= this.#position.packetSeq) return;
    this.#taken = null;
    this.#store({ ...this.#position, packetSeq });
  }

  /**
   * Bytes of the ring that were in use and not taken when it was last looked at: of a closed sub-buffer all, of the open one what is
   * committed. A look that does not take the open sub-buffer does not see what was committed there since.
   */
  get waitingBytes(): number {
    const { subBufBytes, subBufCount } = this.header;
    const { seq, bytes } = this.#position;
    const openBytes = this.#openSeen.seq === this.#openSeqSeen ? this.#openSeen.committed : 0;
    const waiting = (this.#openSeqSeen - seq) * subBufBytes + openBytes - bytes;
    return Math.min(Math.max(0, waiting), subBufCount * subBufBytes);
  }

  /** Looks at the ring, for `waitingBytes`. */
  look(): void {
    const { openSeq } = this.#readProducerLine();
    const { seq, committed } = this.#readDescriptor(openSeq);
    // Otherwise the producer has gone on, and only what is closed counts.
    if (seq === openSeq) this.#openSeen = { seq, committed: Math.min(committed, this.header.subBufBytes) };
  }

  /** Whether the memory of sub-buffers can be given back: see `reclaimReleased`. */
  get isReclaimable(): boolean {
    return !this.#overwrites && this.#medium.giveBack !== undefined;
  }

  /**
   * From now on the memory of each sub-buffer is given back to the system just before it is released, while it is still
   * the consumer's: in discard mode the producer cannot open its slot yet. At no other time is that certain, and never in
   * overwrite mode.
   *
   * @param until clock value: only of sub-buffers whose newest record is not newer
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
   * Passes over everything before sub-buffer `seq`. The numbers of its packets are left out, but they are not lost: whoever
   * does this does not want them.
   */
  skipTo(seq: number): void {
    const { seq: from, packetSeq } = this.#position;
    if (seq <= from) return;
    this.#taken = null;
    this.#store({ seq, bytes: 0, records: 0, packetSeq: packetSeq + seq - from, lastTimestamp: 0 });
  }

  /**
   * What `next` would find if the producer stood still, oldest first; the open sub-buffer is the last, even if it is empty.
   * Damage that `next` would come upon is not told of here.
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

  /** What the producer has counted; also of a ring whose other words make no sense any more. */
  counters(): RingCounters {
    const line = parseProducerLine(this.#read(PRODUCER_LINE_POSITION, PRODUCER_LINE_BYTES));
    const { recorded, discardedFull, discardedBig, failed, nested } = line;
    return { recorded, discardedFull, discardedBig, failed, nested };
  }

  /** Whether a sub-buffer can be taken without `takeOpen`. */
  hasClosedSubBuf(): boolean {
    return this.#readProducerLine().openSeq > this.#position.seq;
  }

  /**
   * Whether the producer shall write to the wake FIFO when it closes a sub-buffer. Look at `hasClosedSubBuf` after
   * asking for it and before sleeping: one may have been closed in between.
   */
  requestWake(on: boolean): void {
    if (on === this.#wakeRequested) return;
    this.#wakeRequested = on;
    this.#store(this.#position);
  }

  #heldUntil(openSeq: number): HeldSubBuf[] {
    const { subBufCount, subBufBytes } = this.header;
    const { seq: from, bytes: takenBytes } = this.#position;
    const table = this.#read(DESCRIPTORS_OFFSET, subBufCount * DESCRIPTOR_BYTES);
    const held: HeldSubBuf[] = [];
    for (let seq = Math.max(from, openSeq - subBufCount + 1); seq <= openSeq; seq++) {
      const at = (seq % subBufCount) * DESCRIPTOR_BYTES;
      const words = parseDescriptor(table.subarray(at, at + DESCRIPTOR_BYTES));
      // The producer has taken its place meanwhile, or is about to: whoever takes it will see that.
      if (words.seq !== seq) continue;
      const committed = Math.min(words.committed, subBufBytes);
      held.push({ seq, bytes: Math.max(0, committed - (seq === from ? takenBytes : 0)) });
    }
    return held;
  }

  /** The producer writes while this reads: the first look that is consistent is as good as any. */
  #snapshotOpen(line: ProducerWords): Snapshot | 'again' | null {
    const seq = line.openSeq;
    let words: DescriptorWords | null = null;
    for (let read = 0; read < OPEN_READ_COUNT_MAX; read++) {
      const before: DescriptorWords | null = words;
      words = this.#readDescriptor(seq);
      if (!isConsistent(words, before)) continue;
      // If it is still open, then nobody was preparing the slot, and what `line` says was discarded was discarded by now.
      if (this.#readProducerLine().openSeq !== seq) return 'again';
      checkDescriptor(words, seq, this.#position.bytes, this.header.subBufBytes);
      this.#openSeen = { seq, committed: words.committed };
      // The words of one line are read in any order: those counts may be older than its `openSeq`.
      const discarded = Math.max(line.discardedFull + line.discardedBig, words.discardedAtOpen);
      return { words, discarded, endTimestamp: words.lastTimestamp };
    }
    return null;
  }

  /** The words of a closed sub-buffer are final; in overwrite mode it may be gone. */
  #snapshotClosed(): Snapshot | 'torn' {
    const { seq, bytes } = this.#position;
    const words = this.#readDescriptor(seq);
    const next = this.#readDescriptor(seq + 1);
    if (this.#overwrites && this.#readDescriptor(seq).seq !== seq) return 'torn';
    checkDescriptor(words, seq, bytes, this.header.subBufBytes);
    checkDescriptor(next, seq + 1, 0, this.header.subBufBytes);
    const discarded = next.discardedAtOpen;
    // Events that found no room were discarded until the next sub-buffer was opened: the packet that reports them ends just
    // before its first record.
    const hasGap = discarded > words.discardedAtOpen;
    const endTimestamp = hasGap ? Math.max(words.lastTimestamp, next.openTimestamp - 1) : words.lastTimestamp;
    return { words, discarded, endTimestamp, nextTimestamp: next.openTimestamp };
  }

  /** Copies what has not been taken; null if the producer has overwritten it meanwhile. */
  #copy(words: DescriptorWords): Buffer | null {
    const { seq, bytes } = this.#position;
    const target = recordBufferOf(words.committed - bytes);
    if (target.length > 0) this.#medium.read(target, this.#subBufOffset(seq) + bytes);
    if (this.#overwrites && this.#readDescriptor(seq).seq !== seq) return null;
    return target;
  }

  #take({ words, discarded, ...snapshot }: Snapshot, bytes: Buffer, isOpen: boolean): Taken {
    const position = this.#position;
    const begin = position.bytes === 0 ? beginOf(words) : 0;
    const span = packetSpan(position.lastTimestamp, begin, snapshot.endTimestamp, snapshot.nextTimestamp);
    this.#taken = {
      seq: position.seq,
      begin: position.bytes,
      bytes,
      ...span,
      recordCount: Math.max(0, words.recordCount - position.records),
      discardedSnapshot: Math.max(this.#discardedReleased, discarded),
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
    if (!this.#overwrites) return;
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

  /** Stores where we are, for the producer and for the next consumer; remembered only once it is stored. */
  #store(position: ConsumerPosition): void {
    if (this.#reclaimUntil !== undefined) this.#giveBack(position.seq, this.#reclaimUntil);
    this.#medium.write(encodePosition(position, this.#wakeRequested), ConsumerLine.CONSUMED_SEQ);
    this.#position = position;
  }

  /** Sub-buffers before `seq` are closed, and the producer waits for them to be released. */
  #giveBack(seq: number, until: number): void {
    for (let closed = this.#position.seq; closed < seq; closed++) {
      if (until < Number.POSITIVE_INFINITY && !(this.#readDescriptor(closed).lastTimestamp <= until)) continue;
      const bytes = this.#medium.giveBack?.(this.#subBufOffset(closed), this.header.subBufBytes);
      this.#reclaimedBytes += bytes ?? 0;
    }
  }

  #readProducerLine(): ProducerWords {
    const line = parseProducerLine(this.#read(PRODUCER_LINE_POSITION, PRODUCER_LINE_BYTES));
    const { seq } = this.#position;
    const { subBufCount } = this.header;
    if (line.openSeq < this.#openSeqSeen) throw corrupt(`OPEN_SEQ is ${line.openSeq}, it was ${this.#openSeqSeen}`);
    if (line.openSeq < seq && seq > 1) throw corrupt(`OPEN_SEQ is ${line.openSeq}, the consumer is at ${seq}`);
    if (!this.#overwrites && line.openSeq - seq >= subBufCount) {
      const reason = `the consumer is at ${seq} and there are ${subBufCount} sub-buffers`;
      throw corrupt(`OPEN_SEQ is ${line.openSeq}, but ${reason}`);
    }
    this.#openSeqSeen = line.openSeq;
    return line;
  }

  #readDescriptor(seq: number): DescriptorWords {
    const slot = seq % this.header.subBufCount;
    return parseDescriptor(this.#read(DESCRIPTORS_OFFSET + slot * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES));
  }

  #subBufOffset(seq: number): number {
    return this.#headerBytes + (seq % this.header.subBufCount) * this.header.subBufBytes;
  }

  #read(position: number, bytes: number): Uint8Array {
    const target = new Uint8Array(bytes);
    this.#medium.read(target, position);
    return target;
  }
}

/**
 * A sub-buffer begins at the newest record of the one before. The first has none before it and begins just before its own
 * first record: a packet with that record alone then ends later than it begins.
 */
function beginOf({ seq, beginTimestamp }: DescriptorWords): number {
  return seq === 1 ? Math.max(0, beginTimestamp - 1) : beginTimestamp;
}

/** All rings of a process are read into one buffer, one after the other: a thousand of them would not fit otherwise. */
let recordBuffer = Buffer.alloc(0);

function recordBufferOf(bytes: number): Buffer {
  if (recordBuffer.length < bytes) {
    recordBuffer = Buffer.allocUnsafeSlow(Math.max(RECORD_BUFFER_BYTES_MIN, bytes, recordBuffer.length * 2));
  }
  return recordBuffer.subarray(0, bytes);
}

function checkExpectation(header: RingHeader, expected: RingExpectation): void {
  if (expected.streamClassId !== undefined && expected.streamClassId !== header.streamClassId) {
    const reason = `of data stream class ${header.streamClassId}, ${expected.streamClassId} was announced`;
    throw new RingError('UNEXPECTED', `ring is ${reason}`);
  }
  if (expected.uuid !== undefined && Buffer.compare(expected.uuid, header.uuid) !== 0) {
    throw new RingError('UNEXPECTED', 'ring carries the UUID of another trace');
  }
}
