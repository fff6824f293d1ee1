/** Users of a pool. */
export interface PoolUsers {
  /** User of the session daemon: may use all but the reserve. Root may use everything. */
  readonly daemonUid: number;
  /** The user that a number stands for; all numbers of one user have one share. */
  readonly userBehind: (uid: number) => number;
}

export interface PoolOptions extends PoolUsers {
  /** Plural noun for the amount, in messages: `application connections`. */
  readonly of: string;
  readonly total: number;
  /** Part of the total for root alone. */
  readonly rootReserve: number;
  /** Advice to a refused user, in messages. */
  readonly remedy: string;
}

/**
 * A bounded amount, divided among users.
 *
 * At a daemon of root, a user gets at most half of the amount that other users leave. So the first user may have half
 * of the pool, and the next one always finds some. A fixed share would be either too small for one user alone or too
 * large for many.
 */
export class SharedPool {
  readonly #options: PoolOptions;
  /** Amounts taken, by the user behind. */
  readonly #used = new Map<number, number>();
  #sum = 0;
  #onGiven: () => void = () => {};

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Sum of all amounts taken. */
  get used(): number {
    return this.#sum;
  }

  /** Takes an amount for a user. @returns the reason if it cannot be had; undefined if it is taken */
  take(uid: number, amount: number): string | undefined {
    const refusal = this.refusalOf(uid, amount);
    if (refusal !== undefined) return refusal;
    const user = this.#options.userBehind(uid);
    this.#used.set(user, (this.#used.get(user) ?? 0) + amount);
    this.#sum += amount;
    return undefined;
  }

  /** The reason why the user cannot take this amount; undefined if the user can. */
  refusalOf(uid: number, amount: number): string | undefined {
    return this.hasRoomFor(uid, amount) ? undefined : this.#refusal(uid, amount);
  }

  /** Names the user's share, in words without numbers. */
  nameShare(uid: number): string {
    return `the share of user ${this.#options.userBehind(uid)} in ${this.#options.of}`;
  }

  hasRoomFor(uid: number, amount: number): boolean {
    const user = this.#options.userBehind(uid);
    return (this.#used.get(user) ?? 0) + amount <= this.#mostFor(user);
  }

  /** @param onGiven called each time an amount is given back */
  watch(onGiven: () => void): void {
    this.#onGiven = onGiven;
  }

  /** Gives back an amount that the user took. */
  give(uid: number, amount: number): void {
    const user = this.#options.userBehind(uid);
    const left = (this.#used.get(user) ?? 0) - amount;
    if (left > 0) this.#used.set(user, left);
    else this.#used.delete(user);
    this.#sum -= amount;
    this.#onGiven();
  }

  #mostFor(user: number): number {
    const { total, rootReserve, daemonUid } = this.#options;
    const others = this.#sum - (this.#used.get(user) ?? 0);
    if (user === 0) return total - others;
    const ofRoot = this.#used.get(0) ?? 0;
    const left = total - Math.max(rootReserve, ofRoot) - (others - ofRoot);
    return user === daemonUid ? left : Math.ceil(left / 2);
  }

  #refusal(uid: number, amount: number): string {
    const { of, total, rootReserve, daemonUid, remedy } = this.#options;
    const user = this.#options.userBehind(uid);
    const wanted = amount === 1 ? '' : `, and ${amount} more are too many`;
    if (user === 0 || user === daemonUid) {
      const reserve = user === 0 || rootReserve === 0 ? '' : `, and ${rootReserve} of ${total} are reserved for root`;
      return `there are ${this.#sum} ${of} already${wanted}${reserve}: ${remedy}`;
    }
    const named = user === uid ? `user ${user}` : `user ${user}, who is behind user ${uid},`;
    const used = `${this.#used.get(user) ?? 0} of ${total} ${of}`;
    return `the share of ${named} is used up: ${used}${wanted}; a user may have half of what others leave: ${remedy}`;
  }
}
