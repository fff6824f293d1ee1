import { describeError } from '@ringtail/base';
import type { Request } from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import type { Session } from '../model/session.ts';

export interface FlightRecordersOptions {
  readonly sessions: () => readonly Session[];
  /** Carries out a command as the daemon's own user. @throws {RingtailError} */
  readonly execute: (request: Request) => Promise<unknown>;
  readonly log: Log;
}

/** Records snapshots of all flight recorders at once, for a signal. */
export class FlightRecorders {
  readonly #options: FlightRecordersOptions;
  #running = false;

  constructor(options: FlightRecordersOptions) {
    this.#options = options;
  }

  /** Records a snapshot of each started flight recorder, unless that is under way already. */
  async snapshotAll(why: string): Promise<void> {
    const { sessions, log } = this.#options;
    if (this.#running) {
      log.info(`${why}: snapshots are being recorded already`);
      return;
    }
    this.#running = true;
    try {
      const recorders = sessions().filter(({ snapshot, started, leaving }) => snapshot && started && !leaving);
      log.info(
        `${why}: ${recorders.length === 0 ? 'there is no flight recorder' : 'a snapshot of each flight recorder'}`,
      );
      await Promise.all(recorders.map((session) => this.#snapshot(session, why)));
    } finally {
      this.#running = false;
    }
  }

  async #snapshot({ name }: Session, why: string): Promise<void> {
    const params = { session: name, output: null, name: null, maxBytes: null };
    try {
      await this.#options.execute({ id: 0, command: 'record-snapshot', params });
    } catch (error) {
      this.#options.log.error(`${why}: no snapshot of the session ${name}: ${describeError(error)}`);
    }
  }
}
