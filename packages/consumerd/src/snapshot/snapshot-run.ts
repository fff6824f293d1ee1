import type { SessionStatistics } from '@ringtail/protocol';
import type { LoopTimers } from '../drain/loop-timers.ts';

/** How long the rings of other sessions wait at most while a snapshot is written, but for the last packet of a turn. */
const TURN_MS = 4;

/** Steps through the writing of a snapshot, so that the drain loop gets its turns in between. */
export class SnapshotRun {
  readonly result: Promise<SessionStatistics>;
  readonly #steps: Generator<void, SessionStatistics>;
  readonly #timers: LoopTimers;
  readonly #within: (turn: () => void) => void;
  #settle: { resolve: (statistics: SessionStatistics) => void; reject: (error: unknown) => void } | undefined;

  /**
   * The first turn begins at once.
   *
   * @param within runs a turn: as the user to whom the files are to belong
   */
  constructor(
    steps: Generator<void, SessionStatistics>,
    timers: LoopTimers,
    within: (turn: () => void) => void = (turn) => turn(),
  ) {
    this.#steps = steps;
    this.#timers = timers;
    this.#within = within;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#turn();
  }

  get isDone(): boolean {
    return this.#settle === undefined;
  }

  /** Writes the rest now. */
  finish(): void {
    this.#within(() => {
      while (!this.isDone) this.#step();
    });
  }

  #turn(): void {
    const endMs = this.#timers.nowMs() + TURN_MS;
    this.#within(() => {
      do this.#step();
      while (!this.isDone && this.#timers.nowMs() < endMs);
    });
    if (!this.isDone) this.#timers.after(0, () => this.#turn());
  }

  #step(): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    try {
      const step = this.#steps.next();
      if (!step.done) return;
      this.#settle = undefined;
      settle.resolve(step.value);
    } catch (error) {
      this.#settle = undefined;
      settle.reject(error);
    }
  }
}
