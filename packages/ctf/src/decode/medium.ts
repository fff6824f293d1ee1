/** The answer of a source that may still be growing: an item, nothing yet, or nothing any more. */
export type Next<T> =
  | { readonly kind: 'item'; readonly item: T }
  | { readonly kind: 'again' }
  | { readonly kind: 'end' };

export const AGAIN: Next<never> = { kind: 'again' };
export const END: Next<never> = { kind: 'end' };

/**
 * Where the bytes of one data stream come from: a file, a live connection, a buffer.
 *
 * The decoder asks; it performs no input itself and therefore runs anywhere.
 */
export interface Medium {
  /**
   * Bytes of the data stream from `offset` on (counted in bytes).
   *
   * The view lives until the next call. It holds at least `bytesMin` bytes, more if that is cheap; fewer mean
   * that the data stream ends there.
   *
   * @returns `again` while a live data stream lacks these bytes; `end` if there is nothing at `offset`
   */
  read(offset: number, bytesMin: number): Next<Uint8Array>;
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
}
