const FIRST_DELAY_MS = 100;
const DELAY_MS_MAX = 5_000;
/** Where the next ones hang too. */
const HANG_DELAY_MS_MAX = 3_600_000;
/** A consumer that has worked for so long is not one that cannot be started. */
const STABLE_MS = 2_000;
/** So many in a row that ended at once: something has to be done by a person. */
const HOPELESS_FAILURES = 5;

/** When to start the consumer again after one has ended. */
export class RestartPolicy {
  #failures = 0;
  #hangs = 0;

  /** How many in a row hung. */
  get hangs(): number {
    return this.#hangs;
  }

  /**
   * One hung and was killed. Whatever it hung at is likely to be there still: after the first the next is given longer and
   * longer times of rest.
   *
   * @param workedMs how long it was connected, the time included in which it hung
   * @param hungMs that time
   */
  hung(workedMs: number, hungMs: number): { readonly delayMs: number } {
    if (workedMs - hungMs >= hungMs) this.#hangs = 0;
    const delayMs = this.#hangs === 0 ? FIRST_DELAY_MS : Math.min(HANG_DELAY_MS_MAX, hungMs * 2 ** (this.#hangs - 1));
    this.#hangs++;
    return { delayMs };
  }

  /** @param workedMs how long it was connected; 0 if it never was. */
  ended(workedMs: number): { readonly delayMs: number; readonly hopeless: boolean } {
    if (workedMs >= STABLE_MS) this.#failures = 0;
    const delayMs = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures++;
    return { delayMs, hopeless: this.#failures >= HOPELESS_FAILURES };
  }
}
