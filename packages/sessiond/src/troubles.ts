import { TROUBLES_MAX } from './limits.ts';

/** What went wrong, in words: each sentence once, and a bounded number of them. */
export class Troubles {
  readonly #sentences = new Set<string>();
  readonly #onNew: (sentence: string) => void;
  #omitted = 0;

  /** @param onNew told of each sentence that is kept, once */
  constructor(onNew: (sentence: string) => void = () => {}) {
    this.#onNew = onNew;
  }

  has(sentence: string): boolean {
    return this.#sentences.has(sentence);
  }

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size >= TROUBLES_MAX) {
      this.#omitted++;
      return;
    }
    this.#sentences.add(sentence);
    this.#onNew(sentence);
  }

  list(): readonly string[] {
    const sentences = [...this.#sentences];
    if (this.#omitted > 0) sentences.push(`and ${this.#omitted} more, which are in the log of the session daemon`);
    return sentences;
  }
}
