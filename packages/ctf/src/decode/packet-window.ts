import type { Cursor } from './cursor.ts';
import { NEED_MORE, RECORD_BYTES_MAX } from './cursor.ts';
import type { Medium, Next } from './medium.ts';
import { AGAIN } from './medium.ts';

/** Windows start at multiples of this, so that positions in a window are aligned as those in the packet are. */
const WINDOW_GRAIN_BYTES = 4096;
/** Alignments up to here are right within a window. */
export const ALIGN_BITS_MAX = WINDOW_GRAIN_BYTES * 8;

const WINDOW_BYTES_MIN = 65_536;
const WINDOW_BYTES_MAX = RECORD_BYTES_MAX + 2 * WINDOW_GRAIN_BYTES;

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
    const filled = this.#fill(0, WINDOW_BYTES_MIN);
    if (filled.kind === 'item' && this.#cursor.end === 0) return { kind: 'end' };
    return filled;
  }

  /** Whether the medium ends before the start of the packet. */
  isBeyondEnd(): boolean {
    return this.packetOffset > 0 && this.#medium.read(this.packetOffset - 1, 1).kind === 'end';
  }

  /**
   * Where these bytes come next behind the start of the packet, counted in bytes from the start of the medium, or how
   * far they were searched for.
   *
   * @returns undefined if they do not come, as far as the medium has bytes
   */
  find(wanted: Uint8Array, bytesMax: number): { readonly offset: number; readonly isThere: boolean } | undefined {
    const end = this.packetOffset + bytesMax;
    for (let offset = this.packetOffset + 1; ; ) {
      const answer = this.#medium.read(offset, WINDOW_BYTES_MIN);
      if (answer.kind !== 'item' || answer.item.length < wanted.length) return undefined;
      const bytes = answer.item;
      for (let at = bytes.indexOf(wanted[0]!); at !== -1; at = bytes.indexOf(wanted[0]!, at + 1)) {
        if (wanted.every((byte, i) => bytes[at + i] === byte)) return { offset: offset + at, isThere: true };
      }
      // What the end of this piece cuts is whole in the next.
      offset += bytes.length - wanted.length + 1;
      if (offset > end) return { offset, isThere: false };
    }
  }

  /** Tells where the packet's content ends. */
  setContentBits(bits: number): void {
    this.#cursor.contentBits = bits;
    this.#bound();
  }

  /**
   * Decodes a record at the cursor, with as many bytes as it turns out to need.
   *
   * `decode` may run more than once, each time from the same position; the cursor's clock is put back too.
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
        if (error !== NEED_MORE) throw error;
      }
      if (bytesMin > RECORD_BYTES_MAX) throw cursor.error('TOO_LARGE', 'an event record exceeds the decoder', 'record');
      // Even if the medium has nothing now: the next attempt starts here too.
      cursor.at = start - cursor.windowAt;
      cursor.emptyElements = emptyElements;
      clock?.set(high, low);
      const filled = this.#fill(start, bytesMin);
      if (filled.kind !== 'item') return filled;
    }
  }

  /** Whether content is left at the cursor. A packet of unknown size ends where its data stream ends. */
  hasContent(): Next<boolean> {
    const cursor = this.#cursor;
    if (cursor.at < cursor.end) return { kind: 'item', item: true };
    const at = cursor.windowAt + cursor.at;
    if (at >= cursor.contentBits) return { kind: 'item', item: false };
    if (cursor.more) {
      const filled = this.#fill(at, WINDOW_BYTES_MIN);
      if (filled.kind !== 'item') return filled;
    }
    return { kind: 'item', item: cursor.at < cursor.end || Number.isFinite(cursor.contentBits) };
  }

  #dataEnds = false;

  #fill(startBits: number, bytesMin: number): Next<undefined> {
    const startBytes = Math.floor(startBits / 8);
    const windowBytes = startBytes - (startBytes % WINDOW_GRAIN_BYTES);
    const wanted = bytesMin + WINDOW_GRAIN_BYTES;
    const answer = this.#medium.read(this.packetOffset + windowBytes, wanted);
    if (answer.kind === 'again') return AGAIN;
    const bytes = answer.kind === 'end' ? new Uint8Array(0) : answer.item;
    this.#dataEnds = bytes.length < wanted;
    const cursor = this.#cursor;
    cursor.setWindow(bytes.length > WINDOW_BYTES_MAX ? bytes.subarray(0, WINDOW_BYTES_MAX) : bytes, windowBytes * 8);
    cursor.at = startBits - cursor.windowAt;
    this.#bound();
    return { kind: 'item', item: undefined };
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
