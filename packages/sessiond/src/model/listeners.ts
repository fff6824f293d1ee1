/** An event that several parts of the daemon listen to. */
export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  /** @returns ends the listening */
  listen(listener: (...args: Args) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly notify = (...args: Args): void => {
    for (const listener of [...this.#listeners]) listener(...args);
  };
}
