import { assert } from '@ringtail/base';
import { SourceError } from '../source/source-error.ts';

export interface SubBuf {
  readonly numbers: number[];
  readonly timestamps: number[];
  /** Events discarded until the sub-buffer was closed. */
  discarded: number;
}

export const RECORDS_PER_SUB_BUF = 20;
export const SUB_BUF_COUNT = 4;

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
  isDamaged = false;
  /** Index of the sub-buffer that a snapshot has borrowed. */
  lent: number | undefined;
  readonly #overwrites: boolean;

  constructor({ overwrites }: { readonly overwrites: boolean } = { overwrites: false }) {
    this.#overwrites = overwrites;
  }

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

  /** Undefined if it was overwritten. @throws {SourceError} if the buffer is damaged */
  borrow(seq: number): SubBuf | undefined {
    assert(this.lent === undefined, 'one sub-buffer is lent at a time');
    if (this.isDamaged) throw new SourceError('CORRUPT', 'the positions of the buffer make no sense');
    if (seq < this.taken) return undefined;
    this.lent = seq;
    return this.subBufs[seq];
  }

  giveBack(): void {
    this.lent = undefined;
  }

  #openForRecord(): SubBuf | undefined {
    const open = this.subBufs[this.closed];
    if (open !== undefined && open.numbers.length < RECORDS_PER_SUB_BUF) return open;
    if (this.closed + (open === undefined ? 0 : 1) - this.taken >= SUB_BUF_COUNT) {
      if (!this.#overwrites) return undefined;
      this.taken += 1;
    }
    this.flush();
    const next = { numbers: [], timestamps: [], discarded: 0 };
    this.subBufs[this.closed] = next;
    return next;
  }
}
