import type { DesiredStateChange } from '@ringtail/protocol';
import type { ControlFile } from './control-file.ts';

export interface StateNews {
  /** Whether the changes are from nothing: what was read before is void. */
  readonly isWhole: boolean;
  readonly changes: readonly DesiredStateChange[];
}

/** Reads what the daemon of one slot publishes, from where it was. */
export class StateReader {
  readonly #control: ControlFile;
  readonly #slot: number;
  #text = 0;
  #area = 0;
  /** Bytes of the text that were read; 0 before the first. */
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
      // From the beginning the next time: what is there may be anything by now.
      this.#length = 0;
      return undefined;
    }
    this.#text = text;
    this.#area = area;
    this.#length = length;
    return { isWhole: !continues, changes };
  }
}
