import type { PageWalker } from '../pages/page-walker.ts';
import { type RecordContext, recordContexts, WORD_BYTES } from './record-class.ts';
import type { RecordTranscoder } from './record-transcoder.ts';

/** Words of a record's header: identifier, low half of the time. */
const HEADER_WORDS = 2;

export interface PacketFillerOptions {
  /** Bytes of records that a packet holds at most. */
  readonly capacityBytes: number;
  /** Contexts of each record, by name. */
  readonly contexts: readonly string[];
  /** The transcoder of an event; undefined of an event that the trace does not describe. */
  readonly transcoderOf: (id: number) => RecordTranscoder | undefined;
}

/** Fills packets with the records of pages, transcoded. */
export class PacketFiller {
  /** Bytes of the records so far: the packet ends exactly behind its last record. */
  endBytes = 0;
  recordCount = 0;
  /** Times of the first and last record, in two halves. */
  firstLow = 0;
  firstHigh = 0;
  lastLow = 0;
  lastHigh = 0;
  /** Records since the start that the trace cannot have: of events that it does not describe, and damaged ones. */
  failed = 0;
  /** Records since the start that are in packets, or failed. */
  taken = 0;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #contexts: readonly RecordContext[];
  readonly #transcoderOf: (id: number) => RecordTranscoder | undefined;
  readonly #transcoders: (RecordTranscoder | undefined)[] = [];
  /** Whether the walker stands at a record that did not fit into the last packet. */
  #isPending = false;

  constructor({ capacityBytes, contexts, transcoderOf }: PacketFillerOptions) {
    this.#words = new Uint32Array(Math.floor(capacityBytes / WORD_BYTES));
    this.#bytes = new Uint8Array(this.#words.buffer);
    this.#contexts = recordContexts(contexts);
    this.#transcoderOf = transcoderOf;
  }

  /** The records of the packet: a view. */
  get records(): Uint8Array {
    return this.#bytes.subarray(0, this.endBytes);
  }

  /** Begins the next packet. */
  clear(): void {
    this.endBytes = 0;
    this.recordCount = 0;
  }

  /**
   * Copies the records of the walker's page.
   *
   * @param page the words that the walker walks over, and `pageBytes` the same bytes
   * @returns whether the page is finished; if not, the packet is full, and the rest of the page belongs to the next one
   */
  fill(walker: PageWalker, page: Uint32Array, pageBytes: Uint8Array): boolean {
    const capacity = this.#bytes.length;
    const contexts = this.#contexts;
    const words = this.#words;
    while (this.#isPending || walker.next()) {
      this.#isPending = false;
      this.taken += 1;
      const { at, bytes } = walker;
      const id = (page[at] as number) & 0xffff;
      const transcoder = this.#transcoders[id] ?? this.#described(id);
      if (transcoder === undefined || bytes < transcoder.recordBytes) {
        this.failed += 1;
        continue;
      }
      const start = (this.endBytes + WORD_BYTES - 1) >>> 2;
      const payload = start + HEADER_WORDS + contexts.length;
      if (payload * WORD_BYTES + transcoder.payloadBytesMax(bytes) > capacity) {
        if (this.recordCount === 0) {
          this.failed += 1;
          continue;
        }
        return this.#postpone();
      }
      if (!this.#setTime(walker)) return this.#postpone();
      words[start] = id;
      words[start + 1] = this.lastLow;
      for (let i = 0; i < contexts.length; i++) {
        words[start + HEADER_WORDS + i] = page[at + (contexts[i] as RecordContext).word] as number;
      }
      const end = transcoder.copy(page, pageBytes, at, bytes, words, this.#bytes, payload);
      if (end < 0) {
        this.failed += 1;
        continue;
      }
      this.endBytes = end;
      this.recordCount += 1;
    }
    return true;
  }

  #described(id: number): RecordTranscoder | undefined {
    const transcoder = this.#transcoderOf(id);
    this.#transcoders[id] = transcoder;
    return transcoder;
  }

  /** Leaves the record to the next packet. */
  #postpone(): false {
    this.taken -= 1;
    this.#isPending = true;
    return false;
  }

  /** Drops the records of the walker's page, and returns their number. */
  skip(walker: PageWalker): number {
    let records = this.#isPending ? 1 : 0;
    this.#isPending = false;
    while (walker.next()) records += 1;
    return records;
  }

  /**
   * Sets the time of the record. A record has the low half only, so readers need the record before it to be less than
   * 2^32 ns older. Time never goes back within a data stream: a record that is older than the one before gets its time.
   *
   * @returns whether the packet can have the record
   */
  #setTime({ timeLow, timeHigh }: PageWalker): boolean {
    if (this.recordCount === 0) {
      this.firstLow = this.lastLow = timeLow;
      this.firstHigh = this.lastHigh = timeHigh;
      return true;
    }
    if (timeHigh !== this.lastHigh) {
      const halves = timeHigh - this.lastHigh;
      if (halves < 0) return true;
      if (halves > 1 || timeLow >= this.lastLow) return false;
      this.lastHigh = timeHigh;
      this.lastLow = timeLow;
    } else if (timeLow > this.lastLow) this.lastLow = timeLow;
    return true;
  }
}
