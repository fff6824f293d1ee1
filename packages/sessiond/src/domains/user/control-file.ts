import { readSync, writeSync } from 'node:fs';
import { describeError, errnoOf } from '@ringtail/base';
import {
  CONTROL_AREA_BYTES,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  ControlSlot,
  controlAreaOffset,
} from '@ringtail/protocol';
import { DaemonError } from '../../model/daemon-error.ts';
import { PeerRefusal } from './peer-refusal.ts';

/** The limit holds for shared memory as for files of a disk. */
const FILE_SIZE_LIMIT =
  'the session daemon was started with a limit of file sizes (ulimit -f) below the 32 MiB that it needs to control a program';

/** The bytes of a control file, read and written at positions. */
export interface ControlBytes {
  read(bytes: Buffer, position: number): void;
  write(bytes: Uint8Array, position: number): void;
}

/**
 * One daemon's hand in a thread's control file: writes pieces of desired state into its slot.
 *
 * Nothing in the file is believed, since the thread can write to it: a wrong area or generation costs that thread alone.
 */
export class ControlFile {
  readonly #bytes: ControlBytes;
  readonly #slot: number;
  #generation = 0;
  #area: number;
  /** Number of the text in the area. */
  #text: number;
  /** Bytes of the text; 0 before the first. */
  #length = 0;

  constructor(bytes: ControlBytes, slot: number) {
    this.#bytes = bytes;
    this.#slot = slot;
    // A daemon that was here before may have left its last text in one of the areas, which the thread may be reading.
    this.#area = this.#word(this.#slotOffset() + ControlSlot.AREA) === 1 ? 1 : 0;
    this.#text = this.#word(this.#slotOffset() + ControlSlot.TEXT);
  }

  /** Bytes of the text that is there. */
  get length(): number {
    return this.#length;
  }

  /**
   * Begins a text with this piece, in place of the one that is there.
   *
   * @returns false if the piece is longer than an area; nothing is changed then.
   * @throws what reading and writing throw.
   */
  begin(piece: Buffer): boolean {
    if (piece.length > CONTROL_AREA_BYTES) return false;
    const area = 1 - this.#area;
    this.#bytes.write(piece, controlAreaOffset(this.#slot, area));
    this.#text = (this.#text + 1) >>> 0;
    this.#area = area;
    this.#show(piece.length);
    return true;
  }

  /**
   * Adds a piece to the text.
   *
   * @returns false if there is no text or no room; nothing is changed then.
   * @throws what reading and writing throw.
   */
  append(piece: Buffer): boolean {
    const length = this.#length + piece.length;
    if (this.#length === 0 || length > CONTROL_AREA_BYTES) return false;
    this.#bytes.write(piece, controlAreaOffset(this.#slot, this.#area) + this.#length);
    this.#show(length);
    return true;
  }

  #show(length: number): void {
    const generation = this.#nextGeneration();
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    words.writeUInt32LE(generation, ControlSlot.GENERATION);
    words.writeUInt32LE(length, ControlSlot.LENGTH);
    words.writeUInt32LE(this.#area, ControlSlot.AREA);
    words.writeUInt32LE(this.#text, ControlSlot.TEXT);
    this.#bytes.write(words, this.#slotOffset());
    const page = Buffer.alloc(4);
    page.writeUInt32LE(generation, 0);
    this.#bytes.write(page, ControlPage.GENERATION);
    this.#length = length;
    this.#generation = generation;
  }

  /** Larger than what is there and than what we wrote, which the other daemon may have overwritten; of our parity. */
  #nextGeneration(): number {
    const seen = Math.max(this.#word(ControlPage.GENERATION), this.#generation);
    const next = seen + 1;
    return ((next & 1) === this.#slot ? next : next + 1) >>> 0;
  }

  #slotOffset(): number {
    return ControlPage.SLOTS + this.#slot * ControlPage.SLOT_BYTES;
  }

  #word(position: number): number {
    const word = Buffer.alloc(4);
    this.#bytes.read(word, position);
    return word.readUInt32LE(0);
  }
}

/**
 * The bytes behind a descriptor that a thread has sent. It may be open for reading only, or sealed against writing, also later.
 *
 * Both methods throw a `PeerRefusal`, `BAD_MESSAGE`, or a `DaemonError`, `FILE_SIZE_LIMIT`.
 */
export function controlBytesOf(descriptor: number): ControlBytes {
  return {
    read(bytes, position) {
      const count = trying('read', () => readSync(descriptor, bytes, 0, bytes.length, position));
      if (count !== bytes.length) throw new PeerRefusal('BAD_MESSAGE', 'the control file is too short');
    },
    write(bytes, position) {
      const count = trying('written', () => writeSync(descriptor, bytes, 0, bytes.length, position));
      if (count !== bytes.length) throw new PeerRefusal('BAD_MESSAGE', 'the control file took only a part');
    },
  };
}

function trying<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (errnoOf(error) === 'EFBIG') throw new DaemonError('FILE_SIZE_LIMIT', FILE_SIZE_LIMIT);
    throw new PeerRefusal('BAD_MESSAGE', `the control file cannot be ${what}: ${describeError(error)}`);
  }
}
