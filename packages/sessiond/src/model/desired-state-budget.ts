import { PoolHolding } from '../shares/pool-holding.ts';
import type { SharedPool } from '../shares/shared-pool.ts';
import { DaemonError } from './daemon-error.ts';

/** Divides the space of a control file, which has to hold the demands of all sessions and triggers. */
export class DesiredStateBudget {
  readonly #pool: SharedPool;
  readonly #reserved = new Map<object, PoolHolding>();

  constructor(pool: SharedPool) {
    this.#pool = pool;
  }

  /** @param holder session or trigger of that user. @throws {DaemonError} `TOO_MANY` */
  reserve(holder: object, uid: number, bytes: number): void {
    const holding = this.#reserved.get(holder) ?? new PoolHolding(this.#pool);
    const refusal = holding.take(uid, bytes);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    this.#reserved.set(holder, holding);
  }

  /** Gives back everything that a session or trigger has reserved. */
  release(holder: object): void {
    this.#reserved.get(holder)?.giveBackAll();
    this.#reserved.delete(holder);
  }
}
