import type { PoolUsers } from './shared-pool.ts';

/** A client's connection with a slot. */
export interface SlotHolder {
  readonly uid: number;
  /** `silent`: no hello yet; `listening`: waits for notifications; `busy`: waits for an answer. */
  readonly activity: 'silent' | 'idle' | 'listening' | 'busy';
  /** Begin of this activity. */
  readonly sinceMs: number;
  /** Gives the slot up for the reason given. */
  makeRoom(why: string): void;
}

export interface ClientPlacesOptions extends PoolUsers {
  readonly total: number;
  /** Slots for root alone. */
  readonly rootReserve: number;
}

/** Activities in the order in which they make room. */
const ORDER: readonly SlotHolder['activity'][] = ['silent', 'idle', 'listening', 'busy'];

/**
 * Slots for connections of clients. While slots are free, a user may have any number, and a client may be idle for
 * any time. Once all are taken, the user with the most makes room for users with fewer.
 */
export class ClientSlots {
  readonly #options: ClientPlacesOptions;
  /** By user. */
  readonly #holders = new Map<number, Set<SlotHolder>>();
  #count = 0;

  constructor(options: ClientPlacesOptions) {
    this.#options = options;
  }

  /** Takes a slot, for which another client may have to make room. @returns the reason if there is none */
  take(holder: SlotHolder): string | undefined {
    const user = this.#options.userBehind(holder.uid);
    if (!this.#hasFreeFor(user)) {
      const refusal = this.#makeRoomFor(user);
      if (refusal !== undefined) return refusal;
    }
    const held = this.#holders.get(user) ?? new Set();
    this.#holders.set(user, held.add(holder));
    this.#count++;
    return undefined;
  }

  leave(holder: SlotHolder): void {
    const user = this.#options.userBehind(holder.uid);
    const held = this.#holders.get(user);
    if (held?.delete(holder)) this.#count--;
    if (held?.size === 0) this.#holders.delete(user);
  }

  #hasFreeFor(user: number): boolean {
    const { total, rootReserve } = this.#options;
    const ofRoot = this.#countOf(0);
    return user === 0 ? this.#count < total : this.#count - ofRoot + Math.max(rootReserve, ofRoot) < total;
  }

  #countOf(user: number): number {
    return this.#holders.get(user)?.size ?? 0;
  }

  #makeRoomFor(user: number): string | undefined {
    const { total } = this.#options;
    const count = this.#countOf(user);
    const others = [...this.#holders].filter(([other]) => other !== 0 && other !== user);
    const [largest, held] = others.reduce<[number, Set<SlotHolder> | undefined]>(
      (most, [other, holders]) => (holders.size > (most[1]?.size ?? 0) ? [other, holders] : most),
      [0, undefined],
    );
    // A user without a client finds a slot even if no other user has more than one.
    if (held === undefined || (user !== 0 && count > 0 && held.size <= count + 1)) {
      return (
        `the share of user ${user} is used up: all ${total} places for clients are taken, and no other user has many more than ` +
        `the ${count} of this one: end some clients of this user`
      );
    }
    const first = [...held].reduce((one, other) => (makesRoomBefore(other, one) ? other : one));
    const why =
      `all ${total} places for clients are taken, and user ${largest} has the most (${held.size}): ` +
      'its client that was idle for longest makes room for another user';
    this.leave(first);
    first.makeRoom(why);
    return undefined;
  }
}

function makesRoomBefore(one: SlotHolder, other: SlotHolder): boolean {
  const order = ORDER.indexOf(one.activity) - ORDER.indexOf(other.activity);
  return order === 0 ? one.sinceMs < other.sinceMs : order < 0;
}
