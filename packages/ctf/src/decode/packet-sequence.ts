import type { Cursor } from './cursor.ts';
import { END, type NamedMedium, type Next } from './medium.ts';
import type { PacketPlace } from './packet-summary.ts';
import { PacketWindow } from './packet-window.ts';
import type { TraceFormatError } from './trace-format-error.ts';

/** Behind this number of malformed packets of one data stream, hardly anything is credible. */
const SKIPPED_PACKETS_MAX = 1000;

/**
 * Bytes of a data stream that are searched for packets behind malformed ones, in all. Tracers make smaller packets, and
 * the search takes a part of a second. A file may have a hole of terabytes.
 */
const SEARCH_BYTES_MAX = 2 ** 28;

/**
 * Leads from packet to packet of one data stream: through all packets of its sources, or through the packets of a plan.
 */
export class PacketSequence {
  /** Moves over the packet at hand. */
  window: PacketWindow;
  readonly #sources: readonly NamedMedium[];
  readonly #cursor: Cursor;
  #sourceIdx = 0;
  /** Number of the packet in its source, or in the plan. */
  #packetIdx = 0;
  #hasEnded = false;
  #plan: readonly PacketPlace[] | undefined;
  #search: { readonly magic: Uint8Array; offset: number } | undefined;
  #searchedBytes = 0;
  #skippedCount = 0;
  #hasGivenUp = false;
  /** Why the rest is left out, until `start` has thrown it. */
  #reason: string | undefined;

  constructor(sources: readonly NamedMedium[], cursor: Cursor) {
    this.#sources = sources;
    this.#cursor = cursor;
    this.window = new PacketWindow(sources[0]!.medium, cursor);
  }

  /** Whether neither a packet nor an error comes any more. */
  get hasEnded(): boolean {
    return this.#hasEnded && this.#reason === undefined;
  }

  get sourceIdx(): number {
    return this.#sourceIdx;
  }

  end(): void {
    this.#hasEnded = true;
  }

  /** From now on, leads to these packets only, in this order. */
  follow(places: readonly PacketPlace[]): void {
    this.#plan = places;
    this.#packetIdx = 0;
    this.#hasEnded = false;
    this.#goToPlanned();
  }

  /**
   * Moves the window to the start of the packet at hand.
   *
   * @returns `end` behind the last packet
   * @throws {TraceFormatError} `TRUNCATED` where a source ends within the padding of its last packet, `GIVEN_UP` where
   *   too much of the data stream is malformed
   */
  start(): Next<undefined> {
    for (;;) {
      if (this.#reason !== undefined) this.#throwReason(this.#reason);
      if (this.#hasEnded) return END;
      if (this.#search !== undefined) {
        if (!this.#goOnSearching(this.#search)) return { kind: 'again' };
        continue;
      }
      const started = this.window.startPacket(this.window.packetOffset);
      if (started.kind !== 'end') return started;
      if (this.window.isBeyondEnd()) {
        throw this.#cursor.error('TRUNCATED', 'the data stream ends within the packet before this one', 'padding');
      }
      this.#nextSource();
    }
  }

  /** @param totalBytes size of the packet at hand; undefined if it extends to the end of its source */
  next(totalBytes: number | undefined): void {
    this.#packetIdx++;
    if (this.#plan !== undefined) this.#goToPlanned();
    else if (totalBytes === undefined) this.#nextSource();
    else this.window.packetOffset += totalBytes;
  }

  /**
   * Leaves the rest of a malformed packet out.
   *
   * @param endPacket ends the packet at hand and calls `next`; undefined if not even the packet's size is known
   * @param magic magic number at the begin of each packet; undefined if there is none
   * @returns false if nothing comes behind it
   */
  skip(endPacket: (() => void) | undefined, magic: Uint8Array | undefined): boolean {
    if (this.#hasGivenUp) return false;
    this.#hasEnded = false;
    if (++this.#skippedCount > SKIPPED_PACKETS_MAX) {
      this.#giveUp(`after ${SKIPPED_PACKETS_MAX} malformed packets the rest of the data stream is left out`);
      endPacket?.();
    } else if (endPacket !== undefined) {
      endPacket();
      // A packet that the end of the data cuts has no successor.
      if (!this.#hasEnded && this.window.isBeyondEnd()) this.#nextSource();
    } else {
      this.#packetIdx++;
      if (this.#plan !== undefined) this.#goToPlanned();
      else if (magic === undefined) this.#nextSource();
      else this.#goOnSearching({ magic, offset: this.window.packetOffset + 1 });
    }
    return !this.#hasEnded;
  }

  /** Adds the place of the packet at hand to an error. */
  locate(error: TraceFormatError): TraceFormatError {
    const source = this.#sources[this.#sourceIdx] ?? this.#sources[0]!;
    return error.within(`packet ${this.#packetIdx} (at byte ${this.window.packetOffset})`).within(source.name);
  }

  /** @returns false while the medium lacks bytes */
  #goOnSearching(search: { readonly magic: Uint8Array; offset: number }): boolean {
    this.#search = search;
    const { window } = this;
    const limit = window.packetOffset + SEARCH_BYTES_MAX - this.#searchedBytes;
    for (;;) {
      const found = window.find(search.magic, search.offset);
      if (found.kind === 'again') return false;
      if (found.kind === 'end') {
        this.#nextSource();
        break;
      }
      search.offset = found.item.offset;
      if (!found.item.isFound && search.offset <= limit) continue;
      this.#searchedBytes += search.offset - window.packetOffset;
      if (!found.item.isFound) this.#giveUp(`no packet begins within the next ${SEARCH_BYTES_MAX / 2 ** 20} MiB`);
      window.packetOffset = search.offset;
      break;
    }
    this.#search = undefined;
    return true;
  }

  #giveUp(reason: string): void {
    this.#hasGivenUp = true;
    this.#reason = reason;
  }

  #throwReason(reason: string): never {
    this.#reason = undefined;
    throw this.#cursor.error('GIVEN_UP', reason, 'packet-header');
  }

  #goToPlanned(): void {
    const place = this.#plan![this.#packetIdx];
    if (place === undefined) {
      this.#hasEnded = true;
      return;
    }
    if (this.#sourceIdx !== place.sourceIdx) {
      this.#sourceIdx = place.sourceIdx;
      this.window = new PacketWindow(this.#sources[place.sourceIdx]!.medium, this.#cursor);
    }
    this.window.packetOffset = place.offsetBytes;
  }

  #nextSource(): void {
    const source = this.#plan === undefined ? this.#sources[++this.#sourceIdx] : undefined;
    if (source === undefined) {
      this.#hasEnded = true;
      return;
    }
    this.window = new PacketWindow(source.medium, this.#cursor);
    this.#packetIdx = 0;
  }
}
