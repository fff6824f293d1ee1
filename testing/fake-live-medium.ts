import type { Medium, Next } from '@ringtail/ctf';
import type { SeededRandom } from './schemas/seeded-random.ts';

/**
 * A medium whose bytes arrive when a test lets them.
 *
 * It answers `again` at random although it has the bytes, gives more bytes than it has to at random, and spoils the
 * view of its last answer when it gives another.
 */
export class FakeLiveMedium implements Medium {
  readonly #bytes: Uint8Array;
  readonly #random: SeededRandom;
  #arrivedBytes = 0;
  #hasEnded = false;
  #lastView: Uint8Array | undefined;

  constructor(bytes: Uint8Array, random: SeededRandom) {
    // A slice of a `Buffer` would be a view.
    this.#bytes = Uint8Array.from(bytes);
    this.#random = random;
  }

  get arrivedBytes(): number {
    return this.#arrivedBytes;
  }

  /** Lets bytes arrive, up to an offset. */
  arrive(offset: number): void {
    this.#arrivedBytes = offset;
  }

  /** No more bytes will arrive. */
  end(): void {
    this.#hasEnded = true;
  }

  read(offset: number, bytesMin: number): Next<Uint8Array> {
    const atHand = this.#arrivedBytes - offset;
    const isLacking = !this.#hasEnded && atHand < bytesMin;
    if (isLacking || this.#random.oneIn(3)) return { kind: 'again' };
    if (atHand <= 0) return { kind: 'end' };
    const length = this.#random.between(Math.min(bytesMin, atHand), atHand);
    this.#lastView?.fill(0xff);
    this.#lastView = this.#bytes.slice(offset, offset + length);
    return { kind: 'item', item: this.#lastView };
  }
}
