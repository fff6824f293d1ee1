import type { Clock } from '@ringtail/base';
import type { PoolUsers } from './shared-pool.ts';

/** Time for which work of users may keep the event loop. */
const TURN_MS = 10;
/** Time of one slice of a user's long work. */
const SLICE_MS = 2;

type Work = () => void;

export interface FairTurnsOptions extends Clock, Pick<PoolUsers, 'userBehind'> {}

/**
 * Does the work of users in turn, one piece of each user, so that a user with a thousand busy connections holds up only
 * themselves. Root has every second turn.
 */
export class FairTurns {
  readonly #nowMs: Clock['nowMs'];
  readonly #userBehind: (uid: number) => number;
  readonly #ofRoot: Work[] = [];
  /** Work by user, in the order of the users' turns. */
  readonly #ofOthers = new Map<number, Work[]>();
  #isScheduled = false;

  constructor({ nowMs, userBehind }: FairTurnsOptions) {
    this.#nowMs = nowMs;
    this.#userBehind = userBehind;
  }

  /** Queues a short piece of work of a user. It must not throw. */
  request(uid: number, work: Work): void {
    const user = this.#userBehind(uid);
    if (user === 0) this.#ofRoot.push(work);
    else {
      const known = this.#ofOthers.get(user);
      if (known === undefined) this.#ofOthers.set(user, [work]);
      else known.push(work);
    }
    this.#schedule();
  }

  /**
   * Does long work of a user in slices, one a turn.
   *
   * @param work yields after each step; a step takes microseconds
   * @returns the result of the work; rejects with an error that a step throws
   */
  inSlices<T>(uid: number, work: Generator<void, T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const slice = () => {
        try {
          const endMs = this.#nowMs() + SLICE_MS;
          do {
            const step = work.next();
            if (step.done === true) {
              resolve(step.value);
              return;
            }
          } while (this.#nowMs() < endMs);
        } catch (error) {
          reject(error);
          return;
        }
        this.request(uid, slice);
      };
      this.request(uid, slice);
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#run();
      if (this.#ofRoot.length > 0 || this.#ofOthers.size > 0) this.#schedule();
    });
  }

  #run(): void {
    const endMs = this.#nowMs() + TURN_MS;
    do {
      const ofRoot = this.#ofRoot.shift();
      ofRoot?.();
      const ofOther = this.#nextOfOthers();
      ofOther?.();
      if (ofRoot === undefined && ofOther === undefined) return;
    } while (this.#nowMs() < endMs);
  }

  #nextOfOthers(): Work | undefined {
    for (const [user, queue] of this.#ofOthers) {
      const work = queue.shift();
      this.#ofOthers.delete(user);
      if (queue.length > 0) this.#ofOthers.set(user, queue);
      return work;
    }
    return undefined;
  }
}
