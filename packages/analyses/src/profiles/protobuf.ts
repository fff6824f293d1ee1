/** Writes messages of Protocol Buffers, field by field. */
export class ProtobufWriter {
  #bytes: number[] = [];

  /** An integer of 64 bits. Zero is left out, as the absent field means it. */
  integer(field: number, value: number | bigint): this {
    if (value !== 0 && value !== 0n) {
      this.#varint(field * 8);
      this.#varint(value);
    }
    return this;
  }

  /** A repeated integer, packed. */
  integers(field: number, values: readonly number[]): this {
    const packed = new ProtobufWriter();
    for (const value of values) packed.#varint(value);
    return this.bytes(field, packed.finish());
  }

  text(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  message(field: number, message: ProtobufWriter): this {
    return this.bytes(field, message.finish());
  }

  bytes(field: number, bytes: Uint8Array): this {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** The bytes so far. The writer is empty after. */
  finish(): Uint8Array {
    const bytes = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    return bytes;
  }

  #varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes.push(Number(rest & 0x7fn) | 0x80);
    this.#bytes.push(Number(rest));
  }
}
