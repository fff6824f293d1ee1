/**
 * Growing memory in which fields are laid out whose size is known only once they are written: sequences of strings,
 * optional fields, structures in arrays. A recorder copies them into the ring and rewinds.
 */
export class Scratch {
  u8: Uint8Array;
  dv: DataView;
  /** Bytes in use. */
  top = 0;

  constructor(bytes = 4096) {
    const buffer = new ArrayBuffer(bytes);
    this.u8 = new Uint8Array(buffer);
    this.dv = new DataView(buffer);
  }

  /**
   * Makes `bytes` more available and returns where they start. Their content is undefined.
   *
   * @throws {RangeError} when the runtime has no memory for them
   */
  take(bytes: number): number {
    const start = this.top;
    const need = start + bytes;
    if (need > this.u8.length) this.#grow(need);
    this.top = need;
    return start;
  }

  #grow(need: number): void {
    const u8 = new Uint8Array(Math.max(need, this.u8.length * 2));
    u8.set(this.u8.subarray(0, this.top));
    this.u8 = u8;
    this.dv = new DataView(u8.buffer);
  }
}
