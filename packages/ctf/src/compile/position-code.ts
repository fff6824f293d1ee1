import type { BitField } from '../model/field-class.ts';
import { type CodeWriter, NotCompilable } from './code-writer.ts';

/** An integer that generated code has read: the names of its variables. */
export type IntegerCode =
  | { readonly width: 'word'; readonly name: string }
  /** `high` is signed where the integer is; `low` is unsigned. */
  | { readonly width: 'two-words'; readonly high: string; readonly low: string };

/**
 * Writes the code that moves over the fields of a record: `p` is its position in bytes.
 *
 * Fields of fixed size lie at constant offsets from `p`, behind one check of their common bound.
 */
export class PositionCode {
  /** A number of which `p` is a multiple, in bytes, on every way that leads here. */
  alignBytes = 1;
  readonly #code: CodeWriter;
  readonly #giveUp: string;
  /** Bits from `p` to the next field. */
  #offset = 0;
  /** The line that will check the bound of the fields since `p`. */
  #boundLine = -1;
  #lastBitFieldIsLittleEndian = true;

  /** @param giveUp the statement that gives the record up */
  constructor(code: CodeWriter, giveUp: string) {
    this.#code = code;
    this.#giveUp = giveUp;
  }

  get isWithinByte(): boolean {
    return this.#offset % 8 !== 0;
  }

  /** Brings `p` to the start of a field of bytes, which the caller's code then advances past it. */
  bytes(): void {
    this.align(8);
    this.flush();
    this.alignBytes = 1;
  }

  /** Brings `p` to the next byte, and goes back to here with each call of the function that it returns. */
  branch(): () => void {
    this.flushWholeBytes();
    // An option may start within the byte in which the field before it ends.
    const [offset, alignBytes, le] = [this.#offset, this.alignBytes, this.#lastBitFieldIsLittleEndian];
    return () => {
      [this.#offset, this.alignBytes, this.#lastBitFieldIsLittleEndian] = [offset, alignBytes, le];
    };
  }

  /** Behind all branches, which have ended with whole bytes. */
  join(): void {
    this.#offset = 0;
    this.alignBytes = 1;
  }

  /** To be called where `p` has been advanced by a multiple of these bytes. */
  passed(bytes: number): void {
    while (bytes % this.alignBytes !== 0) this.alignBytes /= 2;
  }

  /** Reads an integer. */
  read(field: BitField, signed: boolean): IntegerCode {
    requireOrdinary(field);
    const { bits, align, byteOrder } = field;
    const le = byteOrder === 'le';
    this.align(align);
    const isWhole = this.#offset % 8 === 0 && (bits === 8 || bits === 16 || bits === 32 || bits === 64);
    if (align % 8 !== 0 || !isWhole) this.#noteBitField(le);
    if (!isWhole) return { width: 'word', name: this.#bitField(bits, le, signed) };
    if (bits === 64) {
      const first = this.take(32);
      const second = this.take(32);
      const [highAt, lowAt] = le ? [second, first] : [first, second];
      const high = this.#code.local('h', `dv.get${signed ? 'Int' : 'Uint'}32(${highAt}, ${le})`);
      const low = this.#code.local('l', `dv.getUint32(${lowAt}, ${le})`);
      return { width: 'two-words', high, low };
    }
    const at = this.take(bits);
    const expression =
      bits === 8 && !signed
        ? `u8[${at}]`
        : `dv.get${signed ? 'Int' : 'Uint'}${bits}(${at}${bits === 8 ? '' : `, ${le}`})`;
    return { width: 'word', name: this.#code.local('v', expression) };
  }

  #noteBitField(le: boolean): void {
    if (this.#offset % 8 !== 0 && this.#lastBitFieldIsLittleEndian !== le) {
      throw new NotCompilable('the byte order changes within a byte');
    }
    this.#lastBitFieldIsLittleEndian = le;
  }

  /** Up to 32 bits in up to four bytes. */
  #bitField(bits: number, le: boolean, signed: boolean): string {
    const skipped = this.#offset % 8;
    const count = Math.ceil((skipped + bits) / 8);
    if (bits > 32 || count > 4) throw new NotCompilable('a bit field in more than four bytes');
    const first = (this.#offset - skipped) / 8;
    this.take(bits);
    const parts = Array.from({ length: count }, (_, i) => {
      const shift = 8 * (le ? i : count - 1 - i);
      return `u8[p + ${first + i}]${shift === 0 ? '' : ` << ${shift}`}`;
    });
    const shift = le ? skipped : 8 * count - skipped - bits;
    const whole = `(${parts.join(' | ')})`;
    if (signed) return this.#code.local('v', `${whole} << ${32 - bits - shift} >> ${32 - bits}`);
    const shifted = `${whole} >>> ${shift}`;
    return this.#code.local('v', bits === 32 ? shifted : `${shifted} & ${2 ** bits - 1}`);
  }

  align(bits: number): void {
    this.#offset = Math.ceil(this.#offset / Math.min(bits, 8)) * Math.min(bits, 8);
    if (bits <= 8) return;
    const bytes = bits / 8;
    if (this.alignBytes < bytes) {
      this.flush();
      this.#code.line(`p = (p + ${bytes - 1}) & ${-bytes};`);
      this.alignBytes = bytes;
    } else {
      this.#offset = Math.ceil(this.#offset / bits) * bits;
    }
  }

  /** Moves over the next bits. @returns the position of their first byte */
  take(bits: number): string {
    if (this.#boundLine === -1) this.#boundLine = this.#code.line('');
    const bytes = Math.floor(this.#offset / 8);
    this.#offset += bits;
    return bytes === 0 ? 'p' : `p + ${bytes}`;
  }

  flush(): void {
    if (this.#offset % 8 !== 0) throw new NotCompilable('fields that end within a byte');
    this.flushWholeBytes();
  }

  flushWholeBytes(): void {
    const rest = this.#offset % 8;
    const bytes = (this.#offset - rest) / 8;
    if (this.#boundLine !== -1) {
      this.#code.replace(this.#boundLine, `if (p + ${bytes + Math.sign(rest)} > end) ${this.#giveUp}`);
      this.#boundLine = -1;
    }
    if (bytes > 0) this.#code.line(`p += ${bytes};`);
    this.passed(bytes);
    this.#offset = rest;
  }
}

/** @throws {NotCompilable} for fields that only the general decoder reads */
export function requireOrdinary({ bitsReversed }: BitField): void {
  if (bitsReversed) throw new NotCompilable('reversed bits');
}
