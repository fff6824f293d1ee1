import type { ClockValue } from '../decode/clock-value.ts';
import type { IntegerRole } from '../model/field-class.ts';

const BYTES_MIN = 4096;

/** Where a field lies that can only be filled in when the packet is whole. */
export interface Mark {
  readonly at: number;
  write(writer: BitWriter, value: bigint): void;
}

/** Writes the fields of a packet one behind the other; the counterpart of the decoder's cursor. */
export class BitWriter {
  /** All whole bytes from `at` on are zero. */
  #bytes: Uint8Array = new Uint8Array(BYTES_MIN);
  #view = new DataView(this.#bytes.buffer);
  /** Position in bits, from the start of the packet. */
  at = 0;
  /** Values of fields that others refer to: lengths and selectors. */
  readonly slots: (number | bigint)[] = [];
  readonly marks = new Map<IntegerRole, Mark>();
  /** The clock of a reader at this position. */
  clock: ClockValue | undefined;

  /** A packet that begins anew. */
  clear(): void {
    this.#bytes.fill(0, 0, Math.ceil(this.at / 8));
    this.at = 0;
    this.slots.length = 0;
    this.marks.clear();
  }

  /** Removes everything that was written from `at` on. */
  goBack(at: number): void {
    this.#bytes.fill(0, Math.ceil(at / 8), Math.ceil(this.at / 8));
    // Of a byte that stays in part, the other bits remain until they are overwritten, or are padding, which no reader
    // uses.
    this.at = at;
  }

  align(bits: number): void {
    this.at = (this.at + bits - 1) & -bits;
  }

  /** The written bytes, whole ones. The view lives until the next call of any method. */
  get bytes(): Uint8Array {
    this.#reserve(0);
    return this.#bytes.subarray(0, Math.ceil(this.at / 8));
  }

  setUint8(value: number): void {
    this.#reserve(8);
    this.#bytes[this.at >>> 3] = value;
    this.at += 8;
  }

  /** Whole bytes, at a whole byte. */
  set(bytes: Uint8Array): void {
    this.#reserve(bytes.length * 8);
    this.#bytes.set(bytes, this.at >>> 3);
    this.at += bytes.length * 8;
  }

  /**
   * Text of a byte for each character, at a whole byte. @returns false, having written nothing, if there are others in
   * it
   */
  setAscii(text: string): boolean {
    this.#reserve(text.length * 8);
    const bytes = this.#bytes;
    const start = this.at >>> 3;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        bytes.fill(0, start, start + i);
        return false;
      }
      bytes[start + i] = code;
    }
    this.at += text.length * 8;
    return true;
  }

  skipBytes(count: number): void {
    this.#reserve(count * 8);
    this.at += count * 8;
  }

  /** The lowest `bits` bits of a value, 1 to 64. */
  write(bits: number, value: number | bigint, littleEndian: boolean): void {
    this.#reserve(bits);
    const { at } = this;
    this.at = at + bits;
    if (at % 8 === 0 && this.#writeWhole(at >>> 3, bits, value, littleEndian)) return;
    if (bits <= 32) {
      this.#writeBits(at, bits, lowWord(value), littleEndian);
      return;
    }
    const whole = BigInt.asUintN(64, BigInt(value));
    const low = Number(whole & 0xffff_ffffn);
    const high = Number(whole >> 32n);
    this.#writeBits(littleEndian ? at : at + bits - 32, 32, low, littleEndian);
    this.#writeBits(littleEndian ? at + 32 : at, bits - 32, high, littleEndian);
  }

  #writeWhole(byte: number, bits: number, value: number | bigint, littleEndian: boolean): boolean {
    const view = this.#view;
    switch (bits) {
      case 8:
        view.setUint8(byte, lowWord(value));
        return true;
      case 16:
        view.setUint16(byte, lowWord(value), littleEndian);
        return true;
      case 32:
        view.setUint32(byte, lowWord(value), littleEndian);
        return true;
      case 64:
        view.setBigUint64(byte, BigInt.asUintN(64, BigInt(value)), littleEndian);
        return true;
      default:
        return false;
    }
  }

  /** Up to 32 bits: the low end of a byte comes first in little-endian order, the high end in big-endian order. */
  #writeBits(at: number, bits: number, value: number, littleEndian: boolean): void {
    for (let done = 0; done < bits; ) {
      const bit = (at + done) % 8;
      const take = Math.min(8 - bit, bits - done);
      const shift = littleEndian ? done : bits - done - take;
      const part = Math.floor(value / 2 ** shift) % 2 ** take;
      const place = littleEndian ? bit : 8 - bit - take;
      const byte = (at + done) >>> 3;
      this.#bytes[byte] = (this.#bytes[byte]! & ~(((1 << take) - 1) << place)) | (part << place);
      done += take;
    }
  }

  #reserve(bits: number): void {
    const needed = Math.ceil((this.at + bits) / 8);
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function lowWord(value: number | bigint): number {
  return typeof value === 'number'
    ? ((value % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000
    : Number(value & 0xffff_ffffn);
}
