/** Tells several of the same. */
export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  /** @returns ends it. */
  listen(listener: (...args: Args) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly tell = (...args: Args): void => {
    for (const listener of [...this.#listeners]) listener(...args);
  };
}
