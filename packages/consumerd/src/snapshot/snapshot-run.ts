import type { Timers } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import type { Steps } from '../output/sync-or-async.ts';
import type { Turns } from './turns.ts';

/**
 * Time that the rings of other sessions wait at most while a snapshot is written, except for the last packet of a turn.
 */
const TURN_MS = 4;

/** Runs the turns of a snapshot, so that the drain loop runs in between. */
export class SnapshotRun {
  readonly result: Promise<SessionStatistics>;
  readonly #turns: Turns<SessionStatistics>;
  readonly #timers: Timers;
  readonly #within: (turn: () => void) => void;
  /** Goes on, with the answer that the last turn waited for. */
  #next: () => IteratorResult<Promise<unknown> | undefined, SessionStatistics>;
  /** Settles once the output has answered the last turn. */
  #awaited: Promise<void> | undefined;
  #settle: { resolve: (statistics: SessionStatistics) => void; reject: (error: unknown) => void } | undefined;

  /**
   * The first turn begins at once.
   *
   * @param within runs a turn as the owner of the files
   */
  constructor(turns: Turns<SessionStatistics>, timers: Timers, within: (turn: () => void) => void = (turn) => turn()) {
    this.#turns = turns;
    this.#timers = timers;
    this.#within = within;
    this.#next = () => this.#turns.next();
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#turn();
  }

  get isDone(): boolean {
    return this.#settle === undefined;
  }

  /** Writes the rest without a turn for others. */
  *finish(): Steps<void> {
    while (!this.isDone) {
      if (this.#awaited !== undefined) yield this.#awaited;
      this.#within(() => this.#step());
    }
  }

  #turn(): void {
    const endMs = this.#timers.nowMs() + TURN_MS;
    this.#within(() => {
      do this.#step();
      while (!this.isDone && this.#awaited === undefined && this.#timers.nowMs() < endMs);
    });
    if (!this.isDone && this.#awaited === undefined) this.#timers.after(0, () => this.#turn());
  }

  #step(): void {
    const settle = this.#settle;
    if (settle === undefined || this.#awaited !== undefined) return;
    try {
      const step = this.#next();
      this.#next = () => this.#turns.next();
      if (!step.done) {
        if (step.value !== undefined) this.#awaited = this.#whenAnswered(step.value);
        return;
      }
      this.#settle = undefined;
      settle.resolve(step.value);
    } catch (error) {
      this.#settle = undefined;
      settle.reject(error);
    }
  }

  async #whenAnswered(answer: Promise<unknown>): Promise<void> {
    try {
      const value = await answer;
      this.#next = () => this.#turns.next(value);
    } catch (error) {
      this.#next = () => this.#turns.throw(error);
    }
    this.#awaited = undefined;
    this.#turn();
  }
}
