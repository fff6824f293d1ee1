const FIRST_DELAY_MS = 100;
const DELAY_MS_MAX = 5_000;
/** A consumer that has worked for so long is not one that cannot be started. */
const STABLE_MS = 2_000;
/** So many in a row that ended at once: something has to be done by a person. */
const HOPELESS_FAILURES = 5;

/** When to start the consumer again after one has ended. */
export class RestartPolicy {
  #failures = 0;

  /** @param workedMs how long it was connected; 0 if it never was. */
  ended(workedMs: number): { readonly delayMs: number; readonly hopeless: boolean } {
    if (workedMs >= STABLE_MS) this.#failures = 0;
    const delayMs = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures++;
    return { delayMs, hopeless: this.#failures >= HOPELESS_FAILURES };
  }
}
