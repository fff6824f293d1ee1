import type { Timers } from '@ringtail/base';
import type { Destination, SessionStatistics } from '@ringtail/protocol';
import { run, type Steps } from '../output/sync-or-async.ts';
import { SnapshotRun } from './snapshot-run.ts';
import type { Turns } from './turns.ts';

/** Request for a snapshot. */
export interface SnapshotOrder {
  readonly session: string;
  readonly destination: Destination;
  /** @throws the error to answer with */
  readonly begin: () => Turns<SessionStatistics>;
  /** Runs a turn as the owner of the files. */
  readonly within: (turn: () => void) => void;
}

/** Snapshots that are being written. */
export class SnapshotRuns {
  readonly #timers: Timers;
  /** By their destinations, as JSON text. */
  readonly #runs = new Map<string, { readonly session: string; readonly run: SnapshotRun }>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Writes a snapshot in turns. An order that is repeated meanwhile gets the same answer. */
  async write({ session, destination, begin, within }: SnapshotOrder): Promise<SessionStatistics> {
    const key = JSON.stringify(destination);
    const former = this.#runs.get(key);
    if (former !== undefined) return await former.run.result;
    const snapshot = new SnapshotRun(begin(), this.#timers, within);
    if (!snapshot.isDone) this.#runs.set(key, { session, run: snapshot });
    try {
      return await snapshot.result;
    } finally {
      this.#runs.delete(key);
    }
  }

  /** Writes the rest of a session's snapshots now, before the rings that they copy change. */
  *finish(session: string): Steps<void> {
    for (const { run: snapshot } of this.#of(session)) yield* snapshot.finish();
  }

  /** Writes the rest of all snapshots, as far as outputs answer at once. */
  finishAll(): void {
    for (const { run: snapshot } of this.#runs.values()) void run(snapshot.finish());
  }

  /** Calls `act` once no snapshot of the session reads its rings: at once if there is none. */
  afterwards(session: string, act: () => void): void {
    const runs = this.#of(session);
    if (runs.length === 0) act();
    else void Promise.allSettled(runs.map(({ run: snapshot }) => snapshot.result)).then(act);
  }

  #of(session: string) {
    return [...this.#runs.values()].filter((entry) => entry.session === session);
  }
}
