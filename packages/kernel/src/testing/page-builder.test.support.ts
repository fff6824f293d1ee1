/** Builds pages of the kernel's ring buffer, word by word. */
export class PageBuilder {
  readonly #words: number[] = [];

  /** An event with a record of these words, in the short form, or in the long one. */
  record(delta: number, words: readonly number[], form: 'short' | 'long' = 'short'): this {
    if (form === 'short') this.#words.push(header(words.length, delta), ...words);
    else this.#words.push(header(0, delta), 4 * words.length + 4, ...words);
    return this;
  }

  /** @param bytes behind the header; undefined: up to the end of the page */
  padding(delta: number, bytes?: number): this {
    if (bytes === undefined) this.#words.push(header(29, 0));
    else this.#words.push(header(29, delta), bytes, ...new Array<number>(Math.max(0, bytes / 4 - 1)).fill(0xdead));
    return this;
  }

  timeExtend(delta: bigint): this {
    return this.#timed(30, delta);
  }

  absolute(time: bigint): this {
    return this.#timed(31, time);
  }

  word(...words: number[]): this {
    this.#words.push(...words);
    return this;
  }

  /** @param flags upper bits of the commit word; `lost`: number stored behind the data */
  build(time: bigint, { flags = 0, lost }: { readonly flags?: number; readonly lost?: bigint } = {}): Uint32Array {
    const stored = lost === undefined ? [] : [low(lost), high(lost)];
    const commit = (flags | (this.#words.length * 4)) >>> 0;
    const upper = (flags & 0x80000000) === 0 ? 0 : 0xffffffff;
    return Uint32Array.from([low(time), high(time), commit, upper, ...this.#words, ...stored]);
  }

  #timed(type: number, time: bigint): this {
    this.#words.push(header(type, Number(time & 0x7ffffffn)), Number((time >> 27n) & 0xffffffffn));
    return this;
  }
}

function header(type: number, delta: number): number {
  return ((delta << 5) | type) >>> 0;
}

function low(value: bigint): number {
  return Number(value & 0xffffffffn);
}

function high(value: bigint): number {
  return Number((value >> 32n) & 0xffffffffn);
}
