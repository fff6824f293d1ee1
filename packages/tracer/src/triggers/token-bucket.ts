/** Messages that may follow each other at once … */
const BURST = 10;
/** … and messages per millisecond after that: together at most a hundred within any second. */
const PER_MS = 90 / 1000;

/** Limits the rate of messages. Times are milliseconds. */
export class TokenBucket {
  #tokens = BURST;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** @returns whether a message may be sent now */
  take(now: number): boolean {
    // A clock that went back adds no tokens.
    this.#tokens = Math.min(BURST, this.#tokens + Math.max(0, now - this.#at) * PER_MS);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
