/** Who uses a pool. */
export interface PoolUsers {
  /** User of the session daemon: may use all but the reserve. Root may use all of every pool. */
  readonly daemonUid: number;
  /** The user that a number stands for; numbers of one user have one share. */
  readonly userBehind: (uid: number) => number;
}

export interface PoolOptions extends PoolUsers {
  /** Plural noun of what is divided, in messages: `application connections`. */
  readonly of: string;
  readonly total: number;
  /** Part of the total that only root may use. */
  readonly rootReserve: number;
  /** What a refused user can do, in messages. */
  readonly remedy: string;
}

/**
 * A bounded amount of something, divided among users.
 *
 * A user of a daemon of root gets at most half of what the others leave. So the first user may have half of the pool, and
 * whatever some users take, the next one finds as much as each of them could have taken last. A fixed share would be either
 * too small for one user alone or too large for many.
 */
export class SharedPool {
  readonly #options: PoolOptions;
  /** By the user behind. */
  readonly #used = new Map<number, number>();
  #sum = 0;
  #onGiven: () => void = () => {};

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Used by all users. */
  get used(): number {
    return this.#sum;
  }

  /** Takes an amount for a user. @returns why it cannot be had; undefined if it is taken */
  take(uid: number, amount: number): string | undefined {
    const refusal = this.refusalOf(uid, amount);
    if (refusal !== undefined) return refusal;
    const user = this.#options.userBehind(uid);
    this.#used.set(user, (this.#used.get(user) ?? 0) + amount);
    this.#sum += amount;
    return undefined;
  }

  /** Why the user cannot take this amount; undefined if the user can. */
  refusalOf(uid: number, amount: number): string | undefined {
    return this.hasRoomFor(uid, amount) ? undefined : this.#refusal(uid, amount);
  }

  /** What a user has of the pool, in words without numbers. */
  nameShare(uid: number): string {
    return `the share of user ${this.#options.userBehind(uid)} in ${this.#options.of}`;
  }

  hasRoomFor(uid: number, amount: number): boolean {
    const user = this.#options.userBehind(uid);
    return (this.#used.get(user) ?? 0) + amount <= this.#mostFor(user);
  }

  /** @param onGiven called each time something is given back */
  watch(onGiven: () => void): void {
    this.#onGiven = onGiven;
  }

  /** Gives back what the user took. */
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
