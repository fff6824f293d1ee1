import type { Clock } from '@ringtail/base';
import type { PoolUsers } from './shared-pool.ts';

/** Processor time for reading the messages of a user's applications at once: enough for thousands of applications. */
const BURST_MS = 200;
/** Share of the elapsed time that a user gets back. */
const REFILL = 0.1;

export interface DrainBudgetOptions extends PoolUsers, Clock {
  /** Processor time of this process, in milliseconds. */
  readonly processorMs: () => number;
}

/**
 * Processor time for reading the messages of applications before a command. A user whose applications send without end
 * uses up their own time, and commands of others go on. Time for which other processes have the processor does not
 * count: on a busy machine it would use up the time of users who send little.
 */
export class DrainBudget {
  readonly #options: DrainBudgetOptions;
  /** Processor time spent by each user, as of `atMs`. */
  readonly #spent = new Map<number, { spentMs: number; atMs: number }>();

  constructor(options: DrainBudgetOptions) {
    this.#options = options;
  }

  /** Does the work. @returns false, without doing it, if the user has no time left */
  spend(uid: number, work: () => void): boolean {
    const { nowMs, processorMs, userBehind, daemonUid } = this.#options;
    const user = userBehind(uid);
    if (user === 0 || user === daemonUid) {
      work();
      return true;
    }
    const atMs = nowMs();
    const before = this.#spent.get(user);
    const spentMs = before === undefined ? 0 : Math.max(0, before.spentMs - REFILL * (atMs - before.atMs));
    if (spentMs >= BURST_MS) return false;
    const beginMs = processorMs();
    work();
    this.#spent.set(user, { spentMs: spentMs + processorMs() - beginMs, atMs });
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
