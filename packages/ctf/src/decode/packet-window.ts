import type { Cursor } from './cursor.ts';
import { NEED_METADATA, NEED_MORE, RECORD_BYTES_MAX } from './cursor.ts';
import type { Medium, Next } from './medium.ts';
import { AGAIN, END } from './medium.ts';

/** Windows start at multiples of this, so that positions in a window have the alignment of positions in the packet. */
const WINDOW_GRAIN_BYTES = 4096;
/** Alignments up to here are right within a window. */
export const ALIGN_BITS_MAX = WINDOW_GRAIN_BYTES * 8;

const WINDOW_BYTES_MIN = 65_536;
const WINDOW_BYTES_MAX = RECORD_BYTES_MAX + 2 * WINDOW_GRAIN_BYTES;

interface BytesAtHand {
  readonly bytes: Uint8Array;
  /** Whether the medium ends behind them. */
  readonly isLast: boolean;
}

const NO_BYTES: BytesAtHand = { bytes: new Uint8Array(0), isLast: true };

/**
 * Moves a cursor's window over the packets of a medium, so that memory depends on the largest event record and not
 * on the size of packets.
 */
export class PacketWindow {
  /** Where the packet starts, in bytes from the start of the medium. */
  packetOffset = 0;

  readonly #medium: Medium;
  readonly #cursor: Cursor;

  constructor(medium: Medium, cursor: Cursor) {
    this.#medium = medium;
    this.#cursor = cursor;
  }

  /** Whether the medium has bytes at the start of the packet. */
  startPacket(packetOffset: number): Next<undefined> {
    this.packetOffset = packetOffset;
    this.#cursor.contentBits = Number.POSITIVE_INFINITY;
    this.#cursor.emptyElements = 0;
    const filled = this.#fill(0, WINDOW_BYTES_MIN, 1);
    if (filled.kind === 'item' && this.#cursor.end === 0) return { kind: 'end' };
    return filled;
  }

  /** Whether the medium ends before the start of the packet. */
  isBeyondEnd(): boolean {
    return this.packetOffset > 0 && this.#medium.read(this.packetOffset - 1, 1).kind === 'end';
  }

  /**
   * Searches for these bytes from an offset on, in the next bytes of the medium.
   *
   * @returns the offset of the bytes, or the offset from which to search on; `end` if the medium ends before
   */
  find(wanted: Uint8Array, offset: number): Next<{ readonly offset: number; readonly isFound: boolean }> {
    const answer = this.#read(offset, WINDOW_BYTES_MIN, wanted.length);
    if (answer.kind !== 'item') return answer;
    const { bytes } = answer.item;
    if (bytes.length < wanted.length) return END;
    for (let at = bytes.indexOf(wanted[0]!); at !== -1; at = bytes.indexOf(wanted[0]!, at + 1)) {
      if (wanted.every((byte, i) => bytes[at + i] === byte)) {
        return { kind: 'item', item: { offset: offset + at, isFound: true } };
      }
    }
    // Bytes that the end of this view cuts are whole in the next.
    return { kind: 'item', item: { offset: offset + bytes.length - wanted.length + 1, isFound: false } };
  }

  /** Sets the end of the packet's content. */
  setContentBits(bits: number): void {
    this.#cursor.contentBits = bits;
    this.#bound();
  }

  /**
   * Decodes a record at the cursor, with as many bytes as it turns out to need.
   *
   * `decode` may run more than once, each time from the same position; the cursor's clock is put back too.
   *
   * @returns `again` while the medium or the metadata lacks something; the next attempt starts at the same position
   */
  decode<T>(decode: (cursor: Cursor) => T): Next<T> {
    const cursor = this.#cursor;
    const { clock } = cursor;
    const start = cursor.windowAt + cursor.at;
    const [high, low] = clock === undefined ? [0, 0] : [clock.high, clock.low];
    const { emptyElements } = cursor;
    for (let bytesMin = WINDOW_BYTES_MIN; ; bytesMin *= 2) {
      cursor.elementWords = 0;
      try {
        const item = decode(cursor);
        if (cursor.at > cursor.end) cursor.short('padding');
        return { kind: 'item', item };
      } catch (error) {
        if (error !== NEED_MORE && error !== NEED_METADATA) throw error;
        if (error === NEED_MORE && bytesMin > RECORD_BYTES_MAX) {
          throw cursor.error('TOO_LARGE', 'an event record exceeds the decoder', 'record');
        }
        cursor.at = start - cursor.windowAt;
        cursor.emptyElements = emptyElements;
        clock?.set(high, low);
        if (error === NEED_METADATA) return AGAIN;
      }
      const filled = this.#fill(start, bytesMin, this.#bytesEnd + 1);
      if (filled.kind !== 'item') return filled;
    }
  }

  /** Moves the cursor to a position in the packet. */
  seek(bits: number): Next<undefined> {
    return this.#fill(bits, WINDOW_BYTES_MIN, Math.ceil(bits / 8));
  }

  /** Whether content is left at the cursor. A packet of unknown size ends where its data stream ends. */
  hasContent(): Next<boolean> {
    const cursor = this.#cursor;
    if (cursor.at < cursor.end) return { kind: 'item', item: true };
    const at = cursor.windowAt + cursor.at;
    if (at >= cursor.contentBits) return { kind: 'item', item: false };
    if (cursor.more) {
      const filled = this.#fill(at, WINDOW_BYTES_MIN, this.#bytesEnd + 1);
      if (filled.kind !== 'item') return filled;
    }
    return { kind: 'item', item: cursor.at < cursor.end || Number.isFinite(cursor.contentBits) };
  }

  #dataEnds = false;

  /** End of the window, in bytes from the start of the packet. */
  get #bytesEnd(): number {
    return this.#cursor.windowAt / 8 + this.#cursor.bytes.length;
  }

  /** @param leastEnd end of the bytes that a live medium has to have at least, counted from the start of the packet */
  #fill(startBits: number, bytesMin: number, leastEnd: number): Next<undefined> {
    const startBytes = Math.floor(startBits / 8);
    const windowBytes = startBytes - (startBytes % WINDOW_GRAIN_BYTES);
    const answer = this.#read(
      this.packetOffset + windowBytes,
      bytesMin + WINDOW_GRAIN_BYTES,
      Math.max(1, leastEnd - windowBytes),
    );
    if (answer.kind === 'again') return answer;
    const { bytes, isLast } = answer.kind === 'end' ? NO_BYTES : answer.item;
    this.#dataEnds = isLast;
    const cursor = this.#cursor;
    cursor.setWindow(bytes.length > WINDOW_BYTES_MAX ? bytes.subarray(0, WINDOW_BYTES_MAX) : bytes, windowBytes * 8);
    cursor.at = startBits - cursor.windowAt;
    this.#bound();
    return { kind: 'item', item: undefined };
  }

  /** Reads as many bytes as are comfortable; where a live medium lacks some of them, as many as there are. */
  #read(offset: number, comfortable: number, least: number): Next<BytesAtHand> {
    let wanted = comfortable;
    let answer = this.#medium.read(offset, wanted);
    if (answer.kind === 'again') {
      wanted = least;
      answer = this.#medium.read(offset, wanted);
    }
    if (answer.kind !== 'item') return answer;
    return { kind: 'item', item: { bytes: answer.item, isLast: answer.item.length < wanted } };
  }

  #bound(): void {
    const cursor = this.#cursor;
    const dataEnd = cursor.bytes.length * 8;
    const contentEnd = cursor.contentBits - cursor.windowAt;
    cursor.end = Math.min(dataEnd, contentEnd);
    cursor.more = dataEnd < contentEnd && !this.#dataEnds;
    cursor.cut = dataEnd < contentEnd && this.#dataEnds;
  }
}
