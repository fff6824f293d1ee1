import { describeError } from '@ringtail/base';
import type { SnapshotRecorded } from '@ringtail/protocol';

/** One snapshot, or the reason why it failed. */
export interface GuardSnapshot {
  /** Causes in words. Causes that come while a snapshot is being recorded share the next one. */
  readonly reasons: readonly string[];
  readonly recorded: SnapshotRecorded | null;
  /** Reason of a failure. */
  readonly problem: string | null;
}

/**
 * Records snapshots one after the other. All causes that come while a snapshot is being recorded share the next one, so
 * a loop of crashes makes no queue.
 */
export class SnapshotQueue {
  readonly snapshots: GuardSnapshot[] = [];
  /** Number of causes without a snapshot, since the limit was reached. */
  missed = 0;
  readonly #record: (name: string) => Promise<SnapshotRecorded>;
  readonly #max: number;
  readonly #onSnapshot: (snapshot: GuardSnapshot) => void;
  #waiting: { name: string; reasons: string[] } | undefined;
  #working: Promise<void> | undefined;
  #isLast = false;

  /**
   * @param record records a snapshot whose directory's name begins with this
   * @param max largest number of snapshots; the last one is for the end of the command
   */
  constructor(
    record: (name: string) => Promise<SnapshotRecorded>,
    max: number,
    onSnapshot: (snapshot: GuardSnapshot) => void = () => undefined,
  ) {
    this.#onSnapshot = onSnapshot;
    this.#record = record;
    this.#max = max;
  }

  add(name: string, reason: string): void {
    if (this.snapshots.length + (this.#working === undefined ? 0 : 1) >= this.#limit && this.#waiting === undefined) {
      this.missed += 1;
      return;
    }
    this.#waiting ??= { name, reasons: [] };
    this.#waiting.reasons.push(reason);
    this.#working ??= this.#work();
  }

  /** Records the last snapshot, after the end of the command. */
  addLast(name: string, reason: string): void {
    this.#isLast = true;
    this.add(name, reason);
  }

  /** Resolves when all snapshots are recorded. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  get #limit(): number {
    return this.#isLast ? this.#max : this.#max - 1;
  }

  async #work(): Promise<void> {
    for (;;) {
      const next = this.#waiting;
      if (next === undefined) break;
      this.#waiting = undefined;
      const snapshot = await this.#attempt(next.name, next.reasons);
      this.snapshots.push(snapshot);
      this.#onSnapshot(snapshot);
    }
    this.#working = undefined;
  }

  async #attempt(name: string, reasons: readonly string[]): Promise<GuardSnapshot> {
    try {
      return { reasons, recorded: await this.#record(name), problem: null };
    } catch (error) {
      return { reasons, recorded: null, problem: describeError(error) };
    }
  }
}
