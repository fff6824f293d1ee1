/**
 * Pages of the kernel's ring buffer, as `per_cpu/cpuN/trace_pipe_raw` gives them.
 *
 *   0   u64 time stamp
 *   8   u64 commit word: bits 0-26 bytes of data, bit 31 events were lost before this page, bit 30 their number is
 *       stored as a u64 behind the data. The upper half may repeat bit 31.
 *   16  data: events, each with a header word: bits 0-4 type, bits 5-31 time since the event before
 *
 *   type 1..28   record of 4 * type bytes behind the header
 *        0       the next word is the length of the record, itself included; the record is behind it
 *        29      padding. Delta 0: up to the end of the page. Otherwise the next word is the number of bytes behind the
 *                header
 *        30      time extension: the next word holds bits 27-58 of the delta
 *        31      absolute time: bits 0-58, the next word holds bits 27-58
 *
 * A page is hostile until it is checked: lengths never lead outside of the page, and each step goes forward.
 */
const HEADER_BYTES = 16;
const HEADER_WORDS = HEADER_BYTES / 4;
const COMMIT_MASK = 0x07ffffff;
const LOST = 0x80000000;
const LOST_STORED = 0x40000000;
const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const DELTA_BITS = 27;
/** Bits of the upper half of a time stamp that an absolute time does not hold. */
const BEYOND_ABSOLUTE = 0xf8000000;

/** Reason why a page cannot be read on. The records before are sound. */
export type PageDamage =
  /** Shorter than its header. */
  | 'no header'
  /** Holds more data than the page has room for. */
  | 'too much data'
  /** An event leads out of the data. */
  | 'event cut off'
  /** An event's length is impossible. */
  | 'impossible length';

/**
 * Walks over the events of pages, one record at a time, and computes their times.
 *
 * Times are two unsigned halves of 32 bits, since nanoseconds since boot exceed 2^53 after 104 days.
 */
export class PageWalker {
  /** The record: index of its first word, and its size in bytes. */
  at = 0;
  bytes = 0;
  /** Time of the record: lower and upper 32 bits, as numbers without a sign. */
  timeLow = 0;
  timeHigh = 0;
  /** Events lost before the page; undefined if the kernel did not store their number. */
  lost: number | undefined = 0;
  /** Bytes of data in the page. */
  dataBytes = 0;
  /** Undefined while the page is sound. */
  damage: PageDamage | undefined;
  #words: Uint32Array = new Uint32Array(0);
  #next = 0;
  #end = 0;

  /**
   * Begins a page.
   *
   * @param words the page, as it was read
   * @param bytes number of bytes that were read
   */
  load(words: Uint32Array, bytes: number): void {
    const available = Math.min(bytes, words.byteLength);
    this.damage = undefined;
    this.lost = 0;
    this.dataBytes = 0;
    this.#words = words;
    this.#next = this.#end = 0;
    if (available < HEADER_BYTES) {
      this.damage = 'no header';
      return;
    }
    const commit = words[2] as number;
    const dataBytes = commit & COMMIT_MASK;
    this.timeLow = words[0] as number;
    this.timeHigh = words[1] as number;
    if (HEADER_BYTES + dataBytes > available || dataBytes % 4 !== 0) {
      this.damage = 'too much data';
      return;
    }
    this.dataBytes = dataBytes;
    this.#next = HEADER_WORDS;
    this.#end = HEADER_WORDS + dataBytes / 4;
    if ((commit & LOST) === 0) return;
    const isStored = (commit & LOST_STORED) !== 0 && HEADER_BYTES + dataBytes + 8 <= available;
    this.lost = isStored ? (words[this.#end] as number) + (words[this.#end + 1] as number) * 2 ** 32 : undefined;
  }

  /** Goes to the next record. @returns false at the end of the data, or where the page is damaged */
  next(): boolean {
    const words = this.#words;
    const end = this.#end;
    let at = this.#next;
    while (at < end) {
      const header = words[at] as number;
      const type = header & 31;
      const delta = header >>> 5;
      if (type > 0 && type < TYPE_PADDING) {
        this.#advance(delta, 0);
        return this.#record(at + 1, type * 4, end);
      }
      if (type === TYPE_PADDING && delta === 0) break;
      if (at + 1 >= end) return this.#damaged('event cut off');
      const word = words[at + 1] as number;
      if (type === 0) {
        if (word < 8 || word % 4 !== 0) return this.#damaged('impossible length');
        this.#advance(delta, 0);
        return this.#record(at + 2, word - 4, end);
      }
      if (type === TYPE_PADDING) {
        // As the kernel's own check: the delta counts, except for the 1 of padding at the end of a page.
        if (delta !== 1) this.#advance(delta, 0);
        if (word < 4 || word % 4 !== 0) return this.#damaged('impossible length');
        if (word > (end - at - 1) * 4) break;
        at += 1 + word / 4;
        continue;
      }
      const low = ((word << DELTA_BITS) | delta) >>> 0;
      const high = word >>> (32 - DELTA_BITS);
      if (type === TYPE_TIME_EXTEND) this.#advance(low, high);
      else this.#setAbsolute(low, high);
      at += 2;
    }
    this.#next = end;
    return false;
  }

  #record(at: number, bytes: number, end: number): boolean {
    const next = at + bytes / 4;
    if (next > end) return this.#damaged('event cut off');
    this.at = at;
    this.bytes = bytes;
    this.#next = next;
    return true;
  }

  #advance(low: number, high: number): void {
    const sum = this.timeLow + low;
    this.timeLow = sum >>> 0;
    if (sum > 0xffffffff) this.timeHigh = (this.timeHigh + 1) >>> 0;
    if (high !== 0) this.timeHigh = (this.timeHigh + high) >>> 0;
  }

  #setAbsolute(low: number, high: number): void {
    const beyond = this.timeHigh & BEYOND_ABSOLUTE;
    let full = (high | beyond) >>> 0;
    const isBack = full < this.timeHigh || (full === this.timeHigh && low < this.timeLow);
    // The kernel carries into the upper bits only where there are any.
    if (beyond !== 0 && isBack) full = (full + 0x08000000) >>> 0;
    this.timeLow = low;
    this.timeHigh = full;
  }

  #damaged(damage: PageDamage): false {
    this.damage = damage;
    this.#next = this.#end;
    return false;
  }
}
