import type { DesiredStateChange } from '@ringtail/protocol';
import type { ControlFile } from './control-file.ts';

export interface StateNews {
  /** Whether the changes describe the whole state, starting from nothing. */
  readonly isWhole: boolean;
  readonly changes: readonly DesiredStateChange[];
}

/** Reads the text of one slot's daemon. Each reading continues where the one before ended. */
export class StateReader {
  readonly #control: ControlFile;
  readonly #slot: number;
  #text = 0;
  #area = 0;
  /** Number of bytes of the text that were read. */
  #length = 0;

  constructor(control: ControlFile, slot: number) {
    this.#control = control;
    this.#slot = slot;
  }

  /** @returns undefined if the daemon is writing right now: try again at the next event. */
  read(): StateNews | undefined {
    const { text, area, length } = this.#control.slotWords(this.#slot);
    const continues = this.#length > 0 && text === this.#text && area === this.#area && length >= this.#length;
    const changes = this.#control.readPieces(this.#slot, area, continues ? this.#length : 0, length);
    if (changes === undefined) {
      // The text may have been replaced meanwhile: the next reading starts from its beginning.
      this.#length = 0;
      return undefined;
    }
    this.#text = text;
    this.#area = area;
    this.#length = length;
    return { isWhole: !continues, changes };
  }
}
