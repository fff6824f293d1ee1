/** The answer of a source that may still be growing: an item, nothing yet, or nothing any more. */
export type Next<T> =
  | { readonly kind: 'item'; readonly item: T }
  | { readonly kind: 'again' }
  | { readonly kind: 'end' };

export const AGAIN: Next<never> = { kind: 'again' };
export const END: Next<never> = { kind: 'end' };

/**
 * Source of the bytes of one data stream: a file, a live connection, a buffer.
 *
 * The decoder calls it. The decoder itself performs no input, and so runs anywhere.
 */
export interface Medium {
  /**
   * Bytes of the data stream from `offset` on (counted in bytes).
   *
   * The view lives until the next call that answers with an item. It has at least `bytesMin` bytes, more if that is
   * cheap. Fewer mean that the data stream ends there.
   *
   * @returns `again` while a live data stream lacks these bytes; `end` if the data stream ends at or before `offset`
   */
  read(offset: number, bytesMin: number): Next<Uint8Array>;

  /** Number of bytes, where the data stream lies there whole and that is known. */
  size?(): number | undefined;
}

/** A medium with the packets of one data stream, and its name in messages. */
export interface NamedMedium {
  readonly name: string;
  readonly medium: Medium;
  /** Content of LTTng's index file of these packets, if there is one. */
  index?(): Uint8Array | undefined;
}

/** A data stream that lies in memory whole. */
export class BufferMedium implements Medium {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(offset: number, _bytesMin: number): Next<Uint8Array> {
    return offset < this.#bytes.length ? { kind: 'item', item: this.#bytes.subarray(offset) } : END;
  }

  size(): number {
    return this.#bytes.length;
  }
}
