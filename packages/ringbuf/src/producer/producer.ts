import {
  COMMIT_CHECK_FACTOR,
  ConsumerLine,
  DESCRIPTOR_BYTES,
  DESCRIPTORS_OFFSET,
  Descriptor,
  headerBytesFor,
  ProducerLine,
  RingMode,
  SUB_BUF_SEQ_MAX,
} from '../abi.ts';
import type { RingGeometry } from '../ring-header.ts';
import { type BlockingOptions, waitUntilFree } from './blocking.ts';

/** Whether `committed` and `seq` have to be published with `Atomics.store`: plain stores are ordered on x86 only. */
export const publishesWithAtomics = process.arch !== 'x64';

/** Word indices: into `u32` and, for the others, into `f64`. */
const BEGUN = ProducerLine.BEGUN / 4;
const OPEN_SEQ = ProducerLine.OPEN_SEQ / 4;
const DISCARDED_FULL = ProducerLine.DISCARDED_FULL / 8;
const DISCARDED_BIG = ProducerLine.DISCARDED_BIG / 8;
const FAILED = ProducerLine.FAILED / 8;
const NESTED = ProducerLine.NESTED / 8;
const RECORDED = ProducerLine.RECORDED / 8;
const CONSUMED_SEQ = ConsumerLine.CONSUMED_SEQ / 4;
const WAKE_REQUESTED = ConsumerLine.WAKE_REQUESTED / 4;

/** Word indices from the start of a descriptor: into `u32` from `d32`, into `f64` from `d64`. */
const COMMITTED = Descriptor.COMMITTED / 4;
const BEGIN_TIMESTAMP = Descriptor.BEGIN_TIMESTAMP / 8;
const LAST_TIMESTAMP = Descriptor.LAST_TIMESTAMP / 8;
const DISCARDED_AT_OPEN = Descriptor.DISCARDED_AT_OPEN / 8;
const OPEN_TIMESTAMP = Descriptor.OPEN_TIMESTAMP / 8;
const RECORDED_AT_OPEN = Descriptor.RECORDED_AT_OPEN / 8;
const RECORD_COUNT = Descriptor.RECORD_COUNT / 8;
const COMMIT_CHECK = Descriptor.COMMIT_CHECK / 8;

export interface RingProducerOptions extends RingGeometry {
  readonly mode: RingMode;
  /**
   * Called in the middle of an event when a sub-buffer was closed and the consumer asked to be woken. Must not throw.
   */
  readonly onSubBufClosed: () => void;
  /** Discard mode: waits for a free sub-buffer before it discards an event. Without this option it never waits. */
  readonly blocking?: BlockingOptions | undefined;
  /** Bytes of a sub-buffer that records may use; by default all. */
  readonly recordsBytesMax?: number | undefined;
}

/**
 * Writing end of a ring, for the one thread that owns it.
 *
 * The fields are public and mutable because compiled recorders have the fast path inlined:
 *
 *   u32[BEGUN] = 1; read the clock
 *   pos + bytes > limit && !makeRoom(bytes, timestamp)   then u32[BEGUN] = 0, and give up: it has been counted
 *   write the record at pos
 *   the stores of `commit`
 *
 * Nothing here throws or allocates, whatever the consumer writes into its words, and nothing waits without `blocking`.
 * The views are declared only: the compiler does not rely on the type of a field that was `undefined` for a moment.
 * `lastTimestamp` holds doubles from the first record on, before anything is optimised.
 */
export class RingProducer {
  /** Views on the whole ring. They stay usable after `close`. */
  declare dv: DataView;
  declare u8: Uint8Array;
  declare u32: Uint32Array;
  declare f64: Float64Array;
  /** Byte offset in the ring of the next record. */
  pos = 0;
  /** Byte offset in the ring of the open sub-buffer's end; 0 before the first, so that nothing fits. */
  limit = 0;
  /** Byte offset in the ring of the open sub-buffer's start. */
  base = 0;
  /** Index in `u32` of the open descriptor's first word. */
  d32 = 0;
  /** Index in `f64` of the same. */
  d64 = 0;
  /** Clock value of the newest committed record. */
  lastTimestamp = 0;
  /** Records committed. */
  recorded = 0;
  recordedInSubBuf = 0;
  /** Sequence number of the open sub-buffer; 0 before the first. */
  openSeq = 0;

  readonly #subBufBytes: number;
  readonly #recordsBytesMax: number;
  readonly #subBufCount: number;
  readonly #headerBytes: number;
  readonly #discards: boolean;
  readonly #onSubBufClosed: () => void;
  readonly #blocking: BlockingOptions | undefined;
  #closed = false;

  /** @param buffer a new ring, all zeros but for its header */
  constructor(buffer: ArrayBuffer, options: RingProducerOptions) {
    this.dv = new DataView(buffer);
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.#subBufBytes = options.subBufBytes;
    this.#recordsBytesMax = Math.min(options.recordsBytesMax ?? options.subBufBytes, options.subBufBytes);
    this.#subBufCount = options.subBufCount;
    this.#headerBytes = headerBytesFor(options.subBufCount);
    this.#discards = options.mode === RingMode.DISCARD;
    this.#onSubBufClosed = options.onSubBufClosed;
    this.#blocking = options.blocking;
    this.u32[CONSUMED_SEQ] = 1;
  }

  /**
   * Opens the next sub-buffer for a record that does not fit into the open one.
   *
   * @returns false if the record has to be discarded; that is counted already
   */
  makeRoom(recordBytes: number, timestamp: number): boolean {
    if (this.#closed) return false;
    if (recordBytes > this.#recordsBytesMax) {
      this.f64[DISCARDED_BIG]! += 1;
      return false;
    }
    const seq = this.openSeq + 1;
    if (seq > SUB_BUF_SEQ_MAX || (this.#discards && !this.#isFree(seq) && !this.#waitFor(seq))) {
      this.f64[DISCARDED_FULL]! += 1;
      return false;
    }
    this.#open(seq, timestamp);
    if (Atomics.load(this.u32, WAKE_REQUESTED) !== 0) this.#onSubBufClosed();
    return true;
  }

  /** Commits the record that ends at byte offset `end` of the ring. */
  commit(end: number, timestamp: number): void {
    const { u32, f64, d64 } = this;
    const committed = end - this.base;
    this.lastTimestamp = timestamp;
    f64[d64 + LAST_TIMESTAMP] = timestamp;
    f64[d64 + RECORD_COUNT] = ++this.recordedInSubBuf;
    f64[RECORDED] = ++this.recorded;
    f64[d64 + COMMIT_CHECK] = timestamp + committed * COMMIT_CHECK_FACTOR;
    if (publishesWithAtomics) Atomics.store(u32, this.d32 + COMMITTED, committed);
    else u32[this.d32 + COMMITTED] = committed;
    u32[BEGUN] = 0;
    this.pos = end;
  }

  /** Gives up the begun record: a value could not be converted. */
  countFailed(): void {
    this.f64[FAILED]! += 1;
    this.u32[BEGUN] = 0;
  }

  /** Counts an event that was hit while another event is being recorded; the other event goes on. */
  countNested(): void {
    this.f64[NESTED]! += 1;
  }

  /** Counts an event that cannot be recorded yet: no daemon has named its class. */
  countDiscarded(): void {
    this.f64[DISCARDED_FULL]! += 1;
  }

  /**
   * Parts of the ring whose content was taken and that were not opened since, in discard mode. Only this thread reads
   * or writes there, and only once it has opened them.
   *
   * @param until clock value: only parts whose newest record is not newer
   */
  freeParts(until: number): { readonly offset: number; readonly bytes: number }[] {
    const bytes = this.#subBufBytes;
    const parts: { readonly offset: number; readonly bytes: number }[] = [];
    const last = this.openSeq + this.#subBufCount - 1;
    for (let seq = this.openSeq + 1; this.#discards && seq <= last && this.#isFree(seq); seq++) {
      const slot = seq % this.#subBufCount;
      const descriptor = (DESCRIPTORS_OFFSET + slot * DESCRIPTOR_BYTES) / 8;
      if (this.f64[descriptor + LAST_TIMESTAMP]! > until) continue;
      parts.push({ offset: this.#headerBytes + slot * bytes, bytes });
    }
    return parts;
  }

  /** From now on nothing fits and nothing is counted. */
  close(): void {
    this.#closed = true;
    this.pos = 0;
    this.limit = 0;
  }

  /** Whether the sub-buffer that lives in the slot of `seq` has been released: it has `seq - subBufCount`. */
  #isFree(seq: number): boolean {
    return seq - Atomics.load(this.u32, CONSUMED_SEQ) < this.#subBufCount;
  }

  #waitFor(seq: number): boolean {
    return this.#blocking !== undefined && waitUntilFree(() => this.#isFree(seq), this.#blocking);
  }

  /** The exchanges are full fences: no store of one step becomes visible before the step above it. */
  #open(seq: number, timestamp: number): void {
    const { u32, f64 } = this;
    const slot = seq % this.#subBufCount;
    const offset = DESCRIPTORS_OFFSET + slot * DESCRIPTOR_BYTES;
    const d32 = offset / 4;
    const d64 = offset / 8;
    const beginTimestamp = this.lastTimestamp === 0 ? timestamp : this.lastTimestamp;
    Atomics.exchange(u32, d32, 0);
    u32[d32 + COMMITTED] = 0;
    f64[d64 + BEGIN_TIMESTAMP] = beginTimestamp;
    f64[d64 + OPEN_TIMESTAMP] = timestamp;
    f64[d64 + LAST_TIMESTAMP] = beginTimestamp;
    f64[d64 + DISCARDED_AT_OPEN] = f64[DISCARDED_FULL]! + f64[DISCARDED_BIG]!;
    f64[d64 + RECORDED_AT_OPEN] = this.recorded;
    f64[d64 + RECORD_COUNT] = 0;
    f64[d64 + COMMIT_CHECK] = 0;
    Atomics.store(u32, d32, seq);
    // Visible before the wake word is loaded: the consumer sets that word, then reads this one.
    Atomics.exchange(u32, OPEN_SEQ, seq);
    this.openSeq = seq;
    this.d32 = d32;
    this.d64 = d64;
    this.base = this.#headerBytes + slot * this.#subBufBytes;
    this.pos = this.base;
    this.limit = this.base + this.#recordsBytesMax;
    this.recordedInSubBuf = 0;
  }
}
