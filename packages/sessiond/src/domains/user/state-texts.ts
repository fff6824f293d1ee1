import type { StateText } from './control-file.ts';

/** Bytes of texts that are kept for threads to come. Processes with traces of their own share no text. */
export const TEXT_BYTES_KEPT = 16 * 1024 * 1024;

/** Texts of channels: each is encoded once for all threads that record into the same channels. */
export class StateTexts {
  readonly #kept = new Map<string, StateText>();
  #keptBytes = 0;
  #lastNumber = 0;

  of(text: string): StateText {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const made = { number: ++this.#lastNumber >>> 0, bytes: Buffer.from(text) };
    if (this.#keptBytes + made.bytes.length > TEXT_BYTES_KEPT) {
      this.#kept.clear();
      this.#keptBytes = 0;
    }
    this.#kept.set(text, made);
    this.#keptBytes += made.bytes.length;
    return made;
  }
}

/** Whether two texts are equal, under whatever numbers. */
export function isSameText(one: StateText, other: StateText): boolean {
  return one.number === other.number || one.bytes.equals(other.bytes);
}
