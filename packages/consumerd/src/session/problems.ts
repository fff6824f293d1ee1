/** More different problems than this are only counted. */
const PROBLEMS_MAX = 100;

/** Problems of a session in words, each sentence once. */
export class Problems {
  readonly #sentences = new Set<string>();
  #more = 0;
  readonly #onNew: (sentence: string) => void;

  /** @param onNew receives each sentence once, for the log */
  constructor(onNew: (sentence: string) => void) {
    this.#onNew = onNew;
  }

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size >= PROBLEMS_MAX) {
      this.#more += 1;
      return;
    }
    this.#sentences.add(sentence);
    this.#onNew(sentence);
  }

  list(): string[] {
    const list = [...this.#sentences];
    return this.#more === 0 ? list : [...list, `and ${this.#more} more troubles`];
  }
}
