import type { ClockValue } from './clock-value.ts';
import { TraceFormatError } from './trace-format-error.ts';

/**
 * Thrown when a field reaches beyond the bytes at hand although its packet goes on. The packet reader fetches more
 * and decodes the event record again. Not an error, so it carries no stack.
 */
export const NEED_MORE = Symbol('the decoder needs more bytes of this packet');

/**
 * Thrown where a packet refers to a class that the metadata lacks while the metadata may grow. Not an error, so it
 * carries no stack.
 */
export const NEED_METADATA = Symbol('the decoder needs more metadata');

/** An event record, packet header or packet context beyond this is refused. */
export const RECORD_BYTES_MAX = 1 << 27;

/**
 * Number of elements without size that a packet may have: a base number, and more for each bit of the packet. They take
 * time and memory although they take no space.
 */
const EMPTY_ELEMENTS_MAX = 1 << 16;
const EMPTY_ELEMENTS_PER_BIT = 16;

/**
 * Words of memory that the array elements of one event record may take: 16 million bytes or other numbers. Elements of
 * less than a byte, and structures, take more memory than space in the packet.
 */
const ELEMENT_WORDS_MAX = 1 << 24;

/** Nothing was stored in this slot yet. */
export const UNSET = Number.NaN;

/** Size of an array element. */
export interface ElementSize {
  /** At least, in the packet. */
  readonly bitsMin: number;
  /** Of memory, in the value of the array. */
  readonly words: number;
}

/** Values of the fields with roles, in the packet that is being decoded. */
export class RoleValues {
  magic: number | bigint | undefined;
  metadataUuid: Uint8Array | undefined;
  dataStreamClassId: number | bigint | undefined;
  dataStreamId: number | bigint | undefined;
  totalBits: number | bigint | undefined;
  contentBits: number | bigint | undefined;
  beginCycles: number | bigint | undefined;
  endCycles: number | bigint | undefined;
  sequenceNumber: number | bigint | undefined;
  discardedEvents: number | bigint | undefined;
  eventRecordClassId: number | bigint | undefined;
}

/**
 * Where the decoder stands: a window of bytes of a packet and a position in it.
 *
 * The window starts at a multiple of 4096 bytes from the start of the packet, so that every alignment up to
 * `ALIGN_BITS_MAX` can be computed from the position in the window.
 */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Position in bits, from the start of the window. */
  at = 0;
  /** End of the readable bits, from the start of the window. */
  end = 0;
  /** Whether the packet's content continues behind `end`. */
  more = false;
  /** Whether `end` is where the data stream ends, in the midst of a packet's content. */
  cut = false;
  /** Bits of the packet before the window. */
  windowAt = 0;
  /** End of the packet's content, in bits from the start of the packet; Infinity while unknown. */
  contentBits = Number.POSITIVE_INFINITY;
  /** Values of fields that others refer to: lengths and selectors. */
  slots: (number | bigint)[] = [];
  /** Byte order of the last bit field. */
  lastIsLittleEndian = true;
  /** Bits of value in the last integer of variable length. */
  variableBits = 0;
  /** Of the packet, so far. */
  emptyElements = 0;
  /** Of the record, so far. */
  elementWords = 0;
  roles = new RoleValues();
  clock: ClockValue | undefined;

  setWindow(bytes: Uint8Array, windowAt: number): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.windowAt = windowAt;
  }

  /** Moves to the next multiple of `bits`, a power of two. */
  align(bits: number): void {
    this.at = (this.at + bits - 1) & -bits;
  }

  /** Throws the reason why a field that ends behind `end` cannot be decoded. */
  short(path: string): never {
    if (this.more) throw NEED_MORE;
    throw this.cut
      ? this.error('TRUNCATED', 'the data stream ends within this field', path)
      : this.error('PAST_CONTENT', "this field reaches beyond the packet's content", path);
  }

  error(code: TraceFormatError['code'], message: string, path: string): TraceFormatError {
    return new TraceFormatError(code, message, this.windowAt + this.at).within(path);
  }

  /** The length of an array, checked before anything is allocated for it. */
  elementCount(count: number | bigint, { bitsMin, words }: ElementSize, path: string): number {
    if (typeof count === 'bigint') throw this.error('PAST_CONTENT', `a length of ${count} exceeds the packet`, path);
    if (Number.isNaN(count))
      throw this.error('UNSET_REFERENCE', 'the field with the length did not occur before', path);
    const bits = count * bitsMin;
    if (this.windowAt + this.at + bits > this.contentBits) {
      throw this.error('PAST_CONTENT', `a length of ${count} exceeds the packet's content`, path);
    }
    this.elementWords += count * words;
    if (bits > RECORD_BYTES_MAX * 8 || this.elementWords > ELEMENT_WORDS_MAX) {
      throw this.error('TOO_LARGE', `a length of ${count} exceeds the decoder`, path);
    }
    if (bitsMin === 0) {
      this.emptyElements += count;
      if (this.emptyElements > EMPTY_ELEMENTS_MAX + (this.windowAt + this.at) * EMPTY_ELEMENTS_PER_BIT)
        throw this.error('TOO_LARGE', 'too many elements without size', path);
    } else if (this.at + bits > this.end) {
      this.short(path);
    }
    return count;
  }
}
