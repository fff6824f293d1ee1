/** A task that waits. */
interface Waiting {
  readonly begin: () => void;
  readonly giveUp: () => void;
}

interface Queue {
  running: number;
  readonly waiting: Waiting[];
}

/** Runs tasks of users: a few of each user at a time, so that a task that hangs delays its own user only. */
export class TaskQueues {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #queues = new Map<number, Queue>();

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  /** Begins at once where there is room. @throws {Error} if too many wait already */
  run<T>(uid: number, task: () => Promise<T>): Promise<T> {
    const queue = this.#queueOf(uid);
    if (queue.running < this.#runningMax) return this.#begin(uid, queue, task);
    if (queue.waiting.length >= this.#waitingMax) {
      throw new Error(`there are ${this.#runningMax} at work and ${this.#waitingMax} waiting already`);
    }
    return new Promise((resolve, reject) => {
      queue.waiting.push({
        begin: () => resolve(this.#begin(uid, queue, task)),
        giveUp: () => reject(new Error('the session daemon ends')),
      });
    });
  }

  /** Rejects the tasks that wait. */
  close(): void {
    for (const { waiting } of this.#queues.values()) for (const { giveUp } of waiting.splice(0)) giveUp();
  }

  #queueOf(uid: number): Queue {
    let queue = this.#queues.get(uid);
    if (queue === undefined) {
      queue = { running: 0, waiting: [] };
      this.#queues.set(uid, queue);
    }
    return queue;
  }

  async #begin<T>(uid: number, queue: Queue, task: () => Promise<T>): Promise<T> {
    queue.running++;
    try {
      return await task();
    } finally {
      queue.running--;
      const next = queue.waiting.shift();
      if (next !== undefined) next.begin();
      else if (queue.running === 0) this.#queues.delete(uid);
    }
  }
}
