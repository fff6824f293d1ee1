/** So many messages may follow each other at once … */
const BURST = 10;
/** … and so many a second after that: together never more than a hundred within any second. */
const PER_MS = 90 / 1000;

/** Says whether a message may be sent now. Times are milliseconds. */
export class TokenBucket {
  #tokens = BURST;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  take(now: number): boolean {
    // A clock that went back gives nothing.
    this.#tokens = Math.min(BURST, this.#tokens + Math.max(0, now - this.#at) * PER_MS);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
