import type { Clock } from '@ringtail/base';
import type { PoolUsers } from './shared-pool.ts';

export interface ConnectionRateOptions extends PoolUsers, Clock {
  /** Connections that a user may make at once, and in each following second. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Number of users remembered: with user namespaces one person can have many user numbers. */
const USERS_MAX = 4096;

/** Limits how often a user connects: a connection costs the daemon a tenth of a millisecond, and the user less. */
export class ConnectionRate {
  readonly #options: ConnectionRateOptions;
  readonly #left = new Map<number, { count: number; atMs: number }>();

  constructor(options: ConnectionRateOptions) {
    this.#options = options;
  }

  /** Whether the user may connect once more now. */
  take(uid: number): boolean {
    const { burst, perSecond, nowMs, userBehind, daemonUid } = this.#options;
    const user = userBehind(uid);
    if (user === 0 || user === daemonUid) return true;
    const atMs = nowMs();
    const before = this.#left.get(user) ?? { count: burst, atMs };
    const count = Math.min(burst, before.count + ((atMs - before.atMs) * perSecond) / 1000);
    this.#left.delete(user);
    this.#left.set(user, { count: count < 1 ? count : count - 1, atMs });
    const [oldest] = this.#left.keys();
    if (this.#left.size > USERS_MAX && oldest !== undefined) this.#left.delete(oldest);
    return count >= 1;
  }
}
