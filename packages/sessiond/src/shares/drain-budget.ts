import type { Clock } from '@ringtail/base';
import type { PoolUsers } from './shared-pool.ts';

/** Time for reading the messages of a user's applications at once: enough for thousands of applications. */
const BURST_MS = 200;
/** Share of the elapsed time that a user gets back. */
const REFILL = 0.1;

export interface DrainBudgetOptions extends PoolUsers, Clock {}

/**
 * Time for reading the messages of applications before a command. A user whose applications send without end uses up
 * their own time, and commands of others go on.
 */
export class DrainBudget {
  readonly #options: DrainBudgetOptions;
  /** Time spent by each user, as of `atMs`. */
  readonly #spent = new Map<number, { spentMs: number; atMs: number }>();

  constructor(options: DrainBudgetOptions) {
    this.#options = options;
  }

  /** Does the work. @returns false, without doing it, if the user has no time left */
  spend(uid: number, work: () => void): boolean {
    const { nowMs, userBehind, daemonUid } = this.#options;
    const user = userBehind(uid);
    const beginMs = nowMs();
    const before = this.#spent.get(user);
    const spentMs = before === undefined ? 0 : Math.max(0, before.spentMs - REFILL * (beginMs - before.atMs));
    const isTrusted = user === 0 || user === daemonUid;
    if (spentMs >= BURST_MS && !isTrusted) return false;
    work();
    const endMs = nowMs();
    if (!isTrusted) this.#spent.set(user, { spentMs: spentMs + endMs - beginMs, atMs: beginMs });
    return true;
  }

  /** Forgets users who have all their time back. */
  forgetIdle(): void {
    const nowMs = this.#options.nowMs();
    for (const [user, { spentMs, atMs }] of this.#spent) {
      if (spentMs <= REFILL * (nowMs - atMs)) this.#spent.delete(user);
    }
  }
}
