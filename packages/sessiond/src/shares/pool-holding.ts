import type { SharedPool } from './shared-pool.ts';

/** Amounts that one object holds of a pool, for one or more users; given back all at once. */
export class PoolHolding {
  readonly #pool: SharedPool;
  readonly #held = new Map<number, number>();

  constructor(pool: SharedPool) {
    this.#pool = pool;
  }

  /** @returns the reason if the user cannot have it; undefined if it is taken */
  take(uid: number, amount: number): string | undefined {
    const refusal = this.#pool.take(uid, amount);
    if (refusal === undefined) this.#held.set(uid, this.heldFor(uid) + amount);
    return refusal;
  }

  heldFor(uid: number): number {
    return this.#held.get(uid) ?? 0;
  }

  giveBack(uid: number, amount: number): void {
    this.#pool.give(uid, amount);
    this.#held.set(uid, this.heldFor(uid) - amount);
  }

  giveBackAll(): void {
    for (const [uid, amount] of this.#held) this.#pool.give(uid, amount);
    this.#held.clear();
  }
}
