import type { PacketSource } from '../source/packet-source.ts';

/** How full a source is. */
export interface SourceUse {
  readonly usedBytes: number;
  /** Peak in the last whole period of the channel's monitor timer and since. */
  readonly highestBytes: number;
  /** Capacity. */
  readonly ringBytes: number;
}

/** Watches how full a source is, over periods that `endPeriod` divides. */
export class UseWatch {
  readonly #source: PacketSource;
  /** Peak of waiting bytes in this period. */
  #waitingBytesMax = 0;
  /** Peak in the period before. */
  #formerBytesMax = 0;

  constructor(source: PacketSource) {
    this.#source = source;
  }

  /** Notes the waiting bytes as of the last `get` of the source. */
  note(): void {
    this.#waitingBytesMax = Math.max(this.#waitingBytesMax, this.#source.waitingBytes);
  }

  endPeriod(): void {
    this.note();
    this.#formerBytesMax = this.#waitingBytesMax;
    this.#waitingBytesMax = this.#source.waitingBytes;
  }

  get use(): SourceUse {
    const { subBufBytes, subBufCount } = this.#source.shape;
    return {
      usedBytes: this.#source.waitingBytes,
      highestBytes: Math.max(this.#formerBytesMax, this.#waitingBytesMax),
      ringBytes: subBufBytes * subBufCount,
    };
  }
}
