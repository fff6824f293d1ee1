import { describeError } from '@ringtail/base';
import type { SnapshotRecorded } from '@ringtail/protocol';

/** One snapshot, or what kept it from being. */
export interface GuardSnapshot {
  /** What it was recorded of, in words; several that came while another snapshot was being recorded share one. */
  readonly reasons: readonly string[];
  readonly recorded: SnapshotRecorded | null;
  /** Why there is none. */
  readonly problem: string | null;
}

/**
 * Records snapshots one after the other. What asks for one while another is being recorded gets the next, together with
 * whatever else does: a loop of crashes makes no queue.
 */
export class SnapshotQueue {
  readonly snapshots: GuardSnapshot[] = [];
  /** How many reasons got no snapshot, because there were enough. */
  missed = 0;
  readonly #record: (name: string) => Promise<SnapshotRecorded>;
  readonly #max: number;
  readonly #onSnapshot: (snapshot: GuardSnapshot) => void;
  #waiting: { name: string; reasons: string[] } | undefined;
  #working: Promise<void> | undefined;
  #isLast = false;

  /**
   * @param record records one whose directory's name begins so
   * @param max how many there may be in all; the last of them is for what is asked for at the end
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

  /** The command has ended: there is one more, whatever came before. */
  addLast(name: string, reason: string): void {
    this.#isLast = true;
    this.add(name, reason);
  }

  /** When all is recorded. */
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
