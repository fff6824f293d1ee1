import { TROUBLES_MAX } from './limits.ts';

/** What went wrong, in words: each sentence once, and a bounded number of them. */
export class Troubles {
  readonly #sentences = new Set<string>();
  #omitted = 0;

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size < TROUBLES_MAX) this.#sentences.add(sentence);
    else this.#omitted++;
  }

  list(): readonly string[] {
    const sentences = [...this.#sentences];
    if (this.#omitted > 0) sentences.push(`and ${this.#omitted} more, which are in the log of the session daemon`);
    return sentences;
  }
}
