import type { SessionStatistics } from '@ringtail/protocol';
import type { LoopTimers } from '../drain/loop-timers.ts';
import { SnapshotRun } from './snapshot-run.ts';

/** A snapshot that is to be written. */
export interface SnapshotOrder {
  readonly session: string;
  readonly directory: string;
  /** @throws what is to be answered instead */
  readonly begin: () => Generator<void, SessionStatistics>;
  /** Runs a turn: as the user to whom the files are to belong. */
  readonly within: (turn: () => void) => void;
}

/** The snapshots that are being written. */
export class SnapshotRuns {
  readonly #timers: LoopTimers;
  /** By their directories. */
  readonly #runs = new Map<string, { readonly session: string; readonly run: SnapshotRun }>();

  constructor(timers: LoopTimers) {
    this.#timers = timers;
  }

  /** Writes a snapshot in turns. An order that is repeated meanwhile gets the same answer. */
  async write({ session, directory, begin, within }: SnapshotOrder): Promise<SessionStatistics> {
    const former = this.#runs.get(directory);
    if (former !== undefined) return await former.run.result;
    const run = new SnapshotRun(begin(), this.#timers, within);
    if (!run.isDone) this.#runs.set(directory, { session, run });
    try {
      return await run.result;
    } finally {
      this.#runs.delete(directory);
    }
  }

  /** Writes the rest of a session's snapshots now, before what they copy changes. */
  finish(session: string): void {
    for (const { run } of this.#of(session)) run.finish();
  }

  finishAll(): void {
    for (const { run } of this.#runs.values()) run.finish();
  }

  /** Calls `act` when no snapshot of the session reads anything any more: at once if there is none. */
  afterwards(session: string, act: () => void): void {
    const runs = this.#of(session);
    if (runs.length === 0) act();
    else void Promise.allSettled(runs.map(({ run }) => run.result)).then(act);
  }

  #of(session: string) {
    return [...this.#runs.values()].filter((entry) => entry.session === session);
  }
}
