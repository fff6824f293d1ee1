import {
  CONTROL_AREA_BYTES,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  ControlSlot,
  controlAreaOffset,
  controlChecksum,
} from '@ringtail/protocol';

/** The bytes of a control file, read and written at positions. */
export interface ControlBytes {
  read(bytes: Buffer, position: number): void;
  write(bytes: Uint8Array, position: number): void;
}

/** A desired state as it is written: the same for all threads of one user. */
export interface StateText {
  readonly bytes: Buffer;
  readonly checksum: number;
}

export function stateText(text: string): StateText {
  const bytes = Buffer.from(text, 'utf8');
  return { bytes, checksum: controlChecksum(bytes) };
}

/**
 * One daemon's hand in a thread's control file: writes states into its slot.
 *
 * Nothing in the file is believed, since the thread can write to it: a wrong area or generation costs that thread alone.
 */
export class ControlFile {
  readonly #bytes: ControlBytes;
  readonly #slot: number;
  #published: StateText | undefined;
  #generation = 0;
  #area: number;

  constructor(bytes: ControlBytes, slot: number) {
    this.#bytes = bytes;
    this.#slot = slot;
    // A daemon that was here before may have left its last state in one of the areas, which the thread may be reading.
    this.#area = this.#word(this.#slotOffset() + ControlSlot.AREA) === 1 ? 1 : 0;
  }

  /**
   * Publishes a state, unless it is the one that was published last.
   *
   * @returns false if the text is longer than an area; nothing is changed then.
   * @throws what reading and writing throw.
   */
  publish(state: StateText): boolean {
    if (state.bytes.length > CONTROL_AREA_BYTES) return false;
    if (this.#published?.bytes.equals(state.bytes)) return true;
    const area = 1 - this.#area;
    const generation = this.#nextGeneration();
    this.#bytes.write(state.bytes, controlAreaOffset(this.#slot, area));
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    words.writeUInt32LE(generation, ControlSlot.GENERATION);
    words.writeUInt32LE(state.bytes.length, ControlSlot.LENGTH);
    words.writeUInt32LE(area, ControlSlot.AREA);
    words.writeUInt32LE(state.checksum, ControlSlot.CHECKSUM);
    this.#bytes.write(words, this.#slotOffset());
    const page = Buffer.alloc(4);
    page.writeUInt32LE(generation, 0);
    this.#bytes.write(page, ControlPage.GENERATION);
    this.#area = area;
    this.#generation = generation;
    this.#published = state;
    return true;
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
