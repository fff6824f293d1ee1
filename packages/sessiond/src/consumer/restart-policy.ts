const FIRST_DELAY_MS = 100;
const DELAY_MS_MAX = 5_000;
/** Longest delay after consumers that hung. */
const HANG_DELAY_MS_MAX = 3_600_000;
/** A consumer that has worked for this time can be started. */
const STABLE_MS = 2_000;
/** After this many failures in a row a person has to act. */
const FAILURES_BEFORE_ALARM = 5;

/** Decides when the consumer is started again. */
export class RestartPolicy {
  #failures = 0;
  #hangs = 0;

  /** Number of consumers in a row that hung. */
  get hangs(): number {
    return this.#hangs;
  }

  /**
   * The delay after a consumer that hung and was killed. The cause is likely to persist: the first one in a row is
   * replaced at once, then the delays grow.
   *
   * @param workedMs time for which it was connected, including the time in which it hung
   * @param hungMs time in which it hung
   */
  hung(workedMs: number, hungMs: number): { readonly delayMs: number } {
    if (workedMs - hungMs >= hungMs) this.#hangs = 0;
    const delayMs = this.#hangs === 0 ? FIRST_DELAY_MS : Math.min(HANG_DELAY_MS_MAX, hungMs * 2 ** (this.#hangs - 1));
    this.#hangs++;
    return { delayMs };
  }

  /** The delay after another end. @param workedMs time for which it was connected; 0 if it never was */
  ended(workedMs: number): { readonly delayMs: number; readonly hopeless: boolean } {
    if (workedMs >= STABLE_MS) this.#failures = 0;
    const delayMs = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures++;
    return { delayMs, hopeless: this.#failures >= FAILURES_BEFORE_ALARM };
  }
}
