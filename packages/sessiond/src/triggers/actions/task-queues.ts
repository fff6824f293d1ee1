/** A task that waits for its turn. */
interface Waiting {
  readonly begin: () => void;
  readonly giveUp: () => void;
}

interface Lane {
  running: number;
  readonly waiting: Waiting[];
}

/** Carries out tasks of users: a few of each user's at a time, so that what hangs holds nobody else up. */
export class Lanes {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #lanes = new Map<number, Lane>();

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  /** Begins at once where there is room. @throws {Error} if too many wait already */
  run<T>(uid: number, task: () => Promise<T>): Promise<T> {
    const lane = this.#laneOf(uid);
    if (lane.running < this.#runningMax) return this.#begin(uid, lane, task);
    if (lane.waiting.length >= this.#waitingMax) {
      throw new Error(`there are ${this.#runningMax} at work and ${this.#waitingMax} waiting already`);
    }
    return new Promise((resolve, reject) => {
      lane.waiting.push({
        begin: () => resolve(this.#begin(uid, lane, task)),
        giveUp: () => reject(new Error('the session daemon ends')),
      });
    });
  }

  /** What waits does not begin any more. */
  close(): void {
    for (const { waiting } of this.#lanes.values()) for (const { giveUp } of waiting.splice(0)) giveUp();
  }

  #laneOf(uid: number): Lane {
    let lane = this.#lanes.get(uid);
    if (lane === undefined) {
      lane = { running: 0, waiting: [] };
      this.#lanes.set(uid, lane);
    }
    return lane;
  }

  async #begin<T>(uid: number, lane: Lane, task: () => Promise<T>): Promise<T> {
    lane.running++;
    try {
      return await task();
    } finally {
      lane.running--;
      const next = lane.waiting.shift();
      if (next !== undefined) next.begin();
      else if (lane.running === 0) this.#lanes.delete(uid);
    }
  }
}
